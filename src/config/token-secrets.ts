import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, type Config, type TokenSecret } from './config.js'

/**
 * The secrets that sign Tandem's own tokens: `TOKEN_SECRETS`, or the key file under `DATA_DIR`, made at first use.
 * @throws ConfigError when other users of the machine can read the key file
 */
export async function loadTokenSecrets(config: Config): Promise<readonly TokenSecret[]> {
  if (config.tokenSecrets) return config.tokenSecrets
  const file = join(config.dataDir, 'token-secret')
  const text = (await readIfPresent(file)) ?? (await createOnce(file))
  const { mode } = await stat(file)
  if (mode & 0o077) {
    throw new ConfigError(`The key file ${file} can be read by other users; run: chmod 600 ${file}`)
  }
  return [{ kid: 'local', secret: Buffer.from(text.trim()) }]
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

// Several workers and `npm run token` may start at once: link() lets exactly one key win, whole.
async function createOnce(file: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, randomBytes(32).toString('hex'), { mode: 0o600 })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
  return readFile(file, 'utf8')
}
