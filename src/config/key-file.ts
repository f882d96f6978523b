import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ConfigError } from './config.js'
import { isGuessable } from './secret-strength.js'

/** Characters of the key that Tandem writes: 32 random bytes in hex. */
const WRITTEN_CHARACTERS = 64

/**
 * What a server leaves under DATA_DIR; where one of them is, a key has signed before. The folders alone may be volumes that
 * were mounted for the first start.
 */
const TRACES = ['blobs/installation', 'blobs/00', 'postgres/PG_VERSION']

/**
 * The key that signs Tandem's own tokens, where `TOKEN_SECRETS` is unset. It is made once, in a DATA_DIR where no server
 * ever ran. A key that is gone or damaged is never replaced: it is a DATA_DIR that is not mounted, a lost disk or a bad
 * copy, and with a new key every open session would end without a word.
 * @throws ConfigError with what is wrong and what to type
 */
export async function loadKeyFile(dataDir: string): Promise<{ secret: Buffer; made: boolean }> {
  const file = join(dataDir, 'token-secret')
  const kept = await read(file)
  if (kept) return { secret: kept, made: false }
  const used = await hasTraces(dataDir)
  // Another process may have made the key, and begun to use the folder, between the two looks.
  const meanwhile = await read(file)
  if (meanwhile) return { secret: meanwhile, made: false }
  if (used) throw new ConfigError(gone(file, dataDir))
  await make(file)
  const secret = await read(file)
  if (!secret) throw new ConfigError(gone(file, dataDir))
  return { secret, made: true }
}

/** @returns undefined when there is none */
async function read(file: string): Promise<Buffer | undefined> {
  const handle = await openIfPresent(file)
  if (!handle) return undefined
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new ConfigError(`The key file ${file} is no file.`)
    if (stats.mode & 0o077) {
      throw new ConfigError(`The key file ${file} can be read by other users; run: chmod 600 ${file}`)
    }
    const text = (await handle.readFile('utf8')).trim()
    const secret = Buffer.from(text)
    if (isCutShort(text)) throw new ConfigError(bad(file, 'was cut short'))
    if (isGuessable(secret)) throw new ConfigError(bad(file, 'holds a key that can be guessed'))
    // What is signed with it must not outlive it: it may have been made a moment ago, by a process that is not so far.
    await settle(handle)
    await settleFolder(dirname(file))
    return secret
  } finally {
    await handle.close()
  }
}

/** A part of the key that Tandem wrote, after a full disk or a copy that broke off. */
function isCutShort(text: string): boolean {
  return text.length < WRITTEN_CHARACTERS && /^[0-9a-f]*$/.test(text)
}

async function openIfPresent(file: string): Promise<FileHandle | undefined> {
  try {
    // A pipe under this name would never be opened to the end.
    if ((await stat(file)).isFIFO()) throw new ConfigError(`The key file ${file} is no file.`)
    return await open(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      const name = await lstat(file).catch(() => undefined)
      if (!name) return undefined
      // Somebody has just made it. A link that leads nowhere, to a secret that is not mounted, is something else.
      if (!name.isSymbolicLink()) return openIfPresent(file)
    }
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`The key file ${file} cannot be read: ${messageOf(error)}.`)
  }
}

// Several servers and `npm run token` may start at once: link() lets exactly one key win, whole, and replaces none.
async function make(file: string): Promise<void> {
  const folder = dirname(file)
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const first = await mkdir(folder, { recursive: true })
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(randomBytes(WRITTEN_CHARACTERS / 2).toString('hex'))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, file)
    await settleFolder(folder)
    if (first !== undefined) await settleFolder(dirname(first))
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw new ConfigError(`The key file ${file} cannot be written: ${messageOf(error)}.`)
  } finally {
    await rm(draft, { force: true })
  }
}

async function hasTraces(dataDir: string): Promise<boolean> {
  try {
    const found = await Promise.all(TRACES.map((trace) => exists(join(dataDir, trace))))
    return found.includes(true)
  } catch (error) {
    throw new ConfigError(`DATA_DIR ${dataDir} cannot be read: ${messageOf(error)}.`)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function settleFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await settle(handle)
  } finally {
    await handle.close()
  }
}

// A key may be mounted from where nothing can be written, and so nothing be lost.
async function settle(handle: FileHandle): Promise<void> {
  try {
    await handle.sync()
  } catch (error) {
    if (!['EROFS', 'EINVAL', 'ENOTSUP', 'EPERM'].includes(codeOf(error) ?? '')) throw error
  }
}

function gone(file: string, dataDir: string): string {
  return (
    `DATA_DIR ${dataDir} was in use before, but its key file ${basename(file)} is gone, and TOKEN_SECRETS is not set; ` +
    `bring back what signed until now, or make a new key, which ends every open session: ${newKey(file)}`
  )
}

function bad(file: string, what: string): string {
  return (
    `The key file ${file} ${what}, so it signs nothing; bring it back from your backup, or make a new key, ` +
    `which ends every open session: ${newKey(file)}`
  )
}

// Node is there wherever Tandem is; openssl is not in its image.
function newKey(file: string): string {
  return `(umask 077; node -p "crypto.randomBytes(32).toString('hex')" > ${file})`
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
