import { randomBytes } from 'node:crypto'
import { appendFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'

describe('GetFile of a blob that is damaged on disk (R-04)', () => {
  let tandem: Tandem

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  async function fileOf(bytes: Buffer): Promise<{ editor: Editor; path: string }> {
    const file = await tandem.sharedFile(bytes)
    const { rows } = await execute(tandem.databaseUrl, 'select blob from file where id = $1', [file.id])
    const { blob } = rows[0] as { blob: string }
    const editor = await tandem.editor(await tandem.person('alice'), file.id)
    return { editor, path: join(tandem.dataDir, 'blobs', blob.slice(0, 2), blob) }
  }

  const sizes = [
    { kind: 'small', size: 10_000 },
    { kind: 'medium', size: 500_000 },
    { kind: 'large', size: 5_000_000 },
  ]
  for (const { kind, size } of sizes) {
    it(`is 500 when it is missing (${kind})`, async () => {
      const { editor, path } = await fileOf(randomBytes(size))
      await rm(path)
      expect((await editor.getFile()).status).toBe(500)
    })

    it(`never looks like a whole document when it was cut short (${kind})`, async () => {
      const { editor, path } = await fileOf(randomBytes(size))
      await truncate(path, size - 1)
      // Two at once on few connections: a short body that went out as it is would swallow the head of the next answer.
      const answers = await Promise.allSettled([editor.getFile(), editor.getFile()])
      // Refused before it began: a 200 that breaks off is a broken download to whoever asked for it.
      expect(
        answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 'broken off')),
      ).toEqual([500, 500])
      expect((await editor.checkFileInfo()).status).toBe(200)
    }, 10_000)

    it(`is the document without what was appended to it later (${kind})`, async () => {
      const bytes = randomBytes(size)
      const { editor, path } = await fileOf(bytes)
      await appendFile(path, 'appended')
      const answer = await editor.getFile()
      expect(answer.status).toBe(200)
      expect(answer.body.equals(bytes)).toBe(true)
    })
  }
})
