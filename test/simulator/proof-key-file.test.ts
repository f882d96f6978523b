import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
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
