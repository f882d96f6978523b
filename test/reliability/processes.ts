import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

export async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}

/** Every process of the PostgreSQL whose cluster is under this DATA_DIR: it works in the cluster's folder. */
export async function postgresIn(dataDir: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '')
    if (cwd === join(dataDir, 'postgres')) found.push(Number(name))
  }
  return found
}
