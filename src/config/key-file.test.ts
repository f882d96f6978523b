import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from './config.js'
import { loadTokenSecrets } from './token-secrets.js'

const GOOD = 'c0ffee00112233445566778899aabbccddeeff0123456789abcdef0011223344'

describe('the key file', () => {
  let dataDir: string
  let file: string
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tandem-key-'))
    file = join(dataDir, 'token-secret')
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  const load = async (env: Record<string, string> = {}): Promise<string> => {
    const [secret] = await loadTokenSecrets(readConfig({ DATA_DIR: dataDir, ...env }))
    return secret?.secret.toString() ?? ''
  }

  const BROKEN: Record<string, string> = {
    'is empty': '',
    'is blank': ' \n\n',
    'has one byte': 'a',
    'has 64 NULs': '\0'.repeat(64),
    'has one letter 64 times': 'a'.repeat(64),
    'has one letter 64 times, none of hex': 'x'.repeat(64),
    'has seven letters only': 'abcdefg'.repeat(10),
    'was cut short in the middle': GOOD.slice(0, 31),
    'was cut short by a character': GOOD.slice(0, 63),
    'has the key of a lazy operator': 'correct horse battery staple',
    'has bytes that are no text, all replaced by one': Buffer.alloc(64, 0xff).toString('latin1'),
  }
  for (const [what, content] of Object.entries(BROKEN)) {
    it(`that ${what} stops the start, says what to type, and stays as it is`, async () => {
      await writeFile(file, content, { mode: 0o600, encoding: 'latin1' })
      await expect(load()).rejects.toThrow(
        /^The key file \S+token-secret (was cut short|holds a key that can be guessed), .*crypto\.randomBytes/,
      )
      expect(await readFile(file, 'latin1')).toBe(content)
    })
  }

  it('is made once, for nobody else to read, with nothing left beside it', async () => {
    const loaded = await Promise.all(Array.from({ length: 20 }, () => load()))
    expect(new Set(loaded).size).toBe(1)
    expect(loaded[0]).toMatch(/^[0-9a-f]{64}$/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['token-secret'])
    expect(await load()).toBe(loaded[0])
  })

  it('is found by whoever looks while it is being made, again and again', async () => {
    for (let round = 0; round < 50; round++) {
      const loaded = await Promise.all(Array.from({ length: 20 }, () => load()))
      expect(new Set(loaded).size).toBe(1)
      await rm(file)
    }
  })

  it('is made with its folders', async () => {
    const [made] = await loadTokenSecrets(readConfig({ DATA_DIR: join(dataDir, 'a', 'b') }))
    expect(await readFile(join(dataDir, 'a', 'b', 'token-secret'), 'utf8')).toBe(made?.secret.toString())
  })

  for (const trace of ['blobs/installation', 'blobs/00', 'postgres/PG_VERSION']) {
    it(`that is gone from a folder with ${trace} is not replaced`, async () => {
      await mkdir(join(dataDir, trace), { recursive: true })
      await expect(load()).rejects.toThrow(/ was in use before, but its key file token-secret is gone/)
      expect(await readdir(dataDir)).toEqual([trace.split('/')[0]])
    })
  }

  it('is made beside volumes that were mounted for the first start', async () => {
    await mkdir(join(dataDir, 'blobs', 'lost+found'), { recursive: true })
    await mkdir(join(dataDir, 'postgres'))
    expect(await load()).toMatch(/^[0-9a-f]{64}$/)
  })

  it('that an operator made is taken, whatever made it and with a line end', async () => {
    await writeFile(file, 'Zk3+q9 vXb2/LmN8=pQrStUvWxYz01234567\n', { mode: 0o600 })
    expect(await load()).toBe('Zk3+q9 vXb2/LmN8=pQrStUvWxYz01234567')
  })

  it('that others can read stops the start', async () => {
    await writeFile(file, GOOD)
    await chmod(file, 0o640)
    await expect(load()).rejects.toThrow(`can be read by other users; run: chmod 600 ${file}`)
  })

  it('that is a folder, or a link to what is not there, stops the start', async () => {
    await mkdir(file)
    await expect(load()).rejects.toThrow(`The key file ${file} is no file.`)
    await rm(file, { recursive: true })
    await symlink(join(dataDir, 'not-mounted'), file)
    await expect(load()).rejects.toThrow(/^The key file \S+ cannot be read: ENOENT/)
    expect(await readdir(dataDir)).toEqual(['token-secret'])
  })

  it('C-01: that is the secret of webhooks as well stops the start', async () => {
    await writeFile(file, `${GOOD}\n`, { mode: 0o600 })
    const webhooks = { WEBHOOK_URL: 'https://receiver.example/', WEBHOOK_SECRET: GOOD }
    await expect(load(webhooks)).rejects.toThrow(`WEBHOOK_SECRET must not be the key in ${file}.`)
  })

  it('is not looked at where TOKEN_SECRETS is set', async () => {
    expect(await load({ TOKEN_SECRETS: `k:${GOOD}` })).toBe(GOOD)
    expect(await readdir(dataDir)).toEqual([])
  })
})
