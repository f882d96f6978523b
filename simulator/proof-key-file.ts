import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
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
  return new ProofKeys(pairOf(current), pairOf(old))
}

async function makeIn(path: string): Promise<ProofKeys> {
  const keys = new ProofKeys()
  const both = [keys.current, keys.old].map(({ privateKey }) => pemOf(privateKey))
  await writeFile(path, both.join(''), { mode: 0o600, flag: 'wx' })
  return keys
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function pairOf(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
