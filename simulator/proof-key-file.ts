import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ProofKeys } from './proof-key.js'
import type { KeyPair } from './proof-key.js'

/** The keys of an earlier run, or new ones, which are kept there for the next. */
export async function proofKeysIn(path: string): Promise<ProofKeys> {
  const kept = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (kept === undefined) return makeIn(path)
  const [current, old] = kept.match(/-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----/gs) ?? []
  if (current === undefined || old === undefined) throw new Error(`${path} does not hold two private keys`)
  // Whoever has the key passes for the editor, with any token.
  if ((await stat(path)).mode & 0o077)
    throw new Error(`${path} can be read by other users; run: chmod 600 ${path}`)
  return new ProofKeys(pairOf(current), pairOf(old))
}

async function makeIn(path: string): Promise<ProofKeys> {
  const keys = new ProofKeys()
  const both = [keys.current, keys.old].map(({ privateKey }) => pemOf(privateKey))
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(both.join(''))
    await file.sync()
  } finally {
    await file.close()
  }
  // Tandem has read them from our discovery document by then, and would not know others after a power cut.
  const folder = await open(dirname(path))
  await folder.sync().finally(() => folder.close())
  return keys
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function pairOf(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'rsa' || (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    throw new Error('a proof key must be RSA with 2048 bits or more')
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
