import { open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { newBody, sha256 } from '../crash/body.js'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Editor } from '../kit/wopi.js'
import type { Random } from '../linearizability/random.js'
import { Loop, type Complain, type Lane } from './lane.js'
import { persist } from './persist.js'

export interface DamageOptions {
  readonly urls: readonly string[]
  readonly dataDir: string
  databaseUrl(): string
  readonly random: Random
  bearer(user: string): Promise<string>
}

/** Room for the other lanes. */
const PAUSE_MS = 500

const DAMAGE = {
  'a flipped bit': async (path: string, size: number, random: Random) => {
    const file = await open(path, 'r+')
    try {
      const at = Math.floor(random.fraction() * size)
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, at)
      await file.write(Buffer.from([byte.readUInt8(0) ^ 0x10]), 0, 1, at)
    } finally {
      await file.close()
    }
  },
  'a cut end': (path: string, size: number) => truncate(path, size >> 1),
  'a lost blob': (path: string) => rm(path),
} as const

/** No reader is ever given wrong bytes with a good end, and the next save mends the document. */
export class DamagedBlobs implements Lane {
  /** Their files: fsck is right to name them. */
  readonly files = new Set<string>()
  private damaged = 0
  private mended = 0
  private readonly loop: Loop

  constructor(
    private readonly options: DamageOptions,
    private readonly complain: Complain,
  ) {
    this.loop = new Loop(() => this.once())
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  counts(): Record<string, number> {
    return { 'damaged blobs': this.damaged, mended: this.mended }
  }

  private async once(): Promise<void> {
    const { random, urls } = this.options
    const bearer = await this.options.bearer('damage')
    const owner = new Person(random.oneOf(urls), 'damage', bearer)
    const { bytes } = newBody(random)
    const { id } = await persist(() => {
      const name = `Damaged ${Math.floor(random.fraction() * 2 ** 32).toString(16)}.docx`
      return owner.createsFile(name, bytes)
    })
    this.files.add(id)
    const token = await persist(() => owner.opensForEdit(id))
    const kind = random.oneOf(Object.keys(DAMAGE) as (keyof typeof DAMAGE)[])
    const path = await this.blobOf(id)
    await DAMAGE[kind](path, bytes.length, random)
    this.damaged++
    for (const url of urls) await this.read(new Editor(url, id, token), bytes, kind)
    await this.mend(new Editor(random.oneOf(urls), id, token), bytes, kind)
    await pause(PAUSE_MS)
  }

  /** An error, a broken connection, or the true bytes. */
  private async read(editor: Editor, bytes: Buffer, kind: string): Promise<void> {
    const answer = await editor.getFile().catch(() => undefined)
    if (answer?.status === 200 && sha256(answer.body) !== sha256(bytes))
      this.complain(`file ${editor.fileId}: wrong bytes with 200 after ${kind}`)
  }

  private async mend(editor: Editor, bytes: Buffer, kind: string): Promise<void> {
    const done = await persist(async () => {
      const locked = await editor.lock('damage')
      const saved = await editor.putFile(bytes, 'damage')
      if (locked.status === 200 && saved.status === 200) return saved
      throw new Error(`Lock was answered ${locked.status}, the save ${saved.status}`)
    })
    const answer = await persist(async () => {
      const read = await editor.getFile()
      if (read.status === 503) throw new Error('not now')
      return read
    })
    if (answer.status === 200 && sha256(answer.body) === sha256(bytes)) this.mended++
    else {
      const what = `version ${String(done.version)} was acknowledged and reads ${answer.status}`
      this.complain(`file ${editor.fileId}: ${what} after ${kind}`)
    }
  }

  private async blobOf(fileId: string): Promise<string> {
    const { rows } = await persist(() =>
      execute(this.options.databaseUrl(), 'select blob from file where id = $1', [fileId]),
    )
    const { blob } = rows[0] as { blob: string }
    return join(this.options.dataDir, 'blobs', blob.slice(0, 2), blob)
  }
}
