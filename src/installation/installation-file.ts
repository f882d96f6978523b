import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../config/sync-folder.js'

const NAME = 'installation'
const ID = /^[0-9a-f]{32}$/
const BEGUN = /^installation\.([0-9a-f]{32})$/
const EXPLANATION =
  'These blobs belong to one database of Tandem, which has the same id. Keep this file with them; docs/operations.md says more.'

export interface FolderId {
  readonly id: string | undefined
  /** There is a file, but no id in it. */
  readonly damaged: boolean
}

/** Which installation a folder of blobs is of. */
export async function readInstallationFile(folder: string): Promise<FolderId> {
  let text: string
  try {
    text = await readFile(join(folder, NAME), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { id: undefined, damaged: false }
    throw error
  }
  const [id = ''] = text.split('\n')
  return ID.test(id) ? { id, damaged: false } : { id: undefined, damaged: true }
}

/** Ids that a server began to give the folder, and was killed. */
export async function begunIds(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(orNone)
  return names.flatMap((name) => BEGUN.exec(name)?.[1] ?? [])
}

/** Says which id the folder is about to get: only then may the database have it. */
export async function beginInstallationFile(folder: string, id: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeDurably(folder, `${NAME}.${id}`, id)
}

/** @throws EEXIST when another server was faster */
export async function finishInstallationFile(folder: string, id: string): Promise<void> {
  if ((await readInstallationFile(folder)).damaged) await rm(join(folder, NAME))
  await writeDurably(folder, NAME, id)
  await rm(join(folder, `${NAME}.${id}`), { force: true })
}

/** Before another id: without it nobody takes the folder for anything. */
export async function removeInstallationFile(folder: string): Promise<void> {
  await rm(join(folder, NAME), { force: true })
  await syncFolder(folder)
}

async function writeDurably(folder: string, name: string, id: string): Promise<void> {
  const file = await open(join(folder, name), 'wx', 0o644)
  try {
    await file.writeFile(`${id}\n${EXPLANATION}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(folder)
}

function orNone(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
  throw error
}
