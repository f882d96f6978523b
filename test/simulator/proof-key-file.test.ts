import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { proofKeyElement } from '../../simulator/proof-key-element.js'
import { proofKeysIn } from '../../simulator/proof-key-file.js'

it('keeps the keys for the next run, where nobody else can read them', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tandem-keys-')), 'keys.pem')
  const first = await proofKeysIn(path)
  const text = await readFile(path, 'utf8')
  expect(proofKeyElement(await proofKeysIn(path))).toBe(proofKeyElement(first))
  expect(await readFile(path, 'utf8')).toBe(text)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('does not write over a file that holds something else', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tandem-keys-')), 'notes.txt')
  await writeFile(path, 'my notes')
  await expect(proofKeysIn(path)).rejects.toThrow('does not hold two private keys')
  expect(await readFile(path, 'utf8')).toBe('my notes')
})

it('takes neither a key that others can read nor a weak one', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tandem-keys-')), 'keys.pem')
  await proofKeysIn(path)
  await chmod(path, 0o644)
  await expect(proofKeysIn(path)).rejects.toThrow(`can be read by other users; run: chmod 600 ${path}`)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeFile(path, weak + weak)
  await chmod(path, 0o600)
  await expect(proofKeysIn(path)).rejects.toThrow('RSA with 2048 bits or more')
})
