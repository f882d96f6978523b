import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FolderInUse, type Holder } from './folder-in-use.js'
import { takeLease } from './folder-lease.js'
import { isCode } from './postgres-process.js'

const NAME = 'server.lock'

/**
 * Makes this process the only one that works on the folder, whichever container it and the others are in: neither process
 * ids nor abstract sockets meet across namespaces, but files do. Node cannot flock by itself, so util-linux does it on our
 * handle: the lock is on what the handle stands for, outlives that child, and is gone when this process is, however it
 * ends. The handle is closed in every program that is started from here (O_CLOEXEC), PostgreSQL included.
 */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const file = await open(join(dataDir, NAME), 'a+', 0o600)
  try {
    const outcome = await flock(file)
    if (outcome === 'held') throw new FolderInUse(dataDir, await holderIn(file))
    if (outcome === 'unsupported') {
      await file.close()
      return await takeLease(dataDir)
    }
    await introduce(file)
    return () => file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

async function flock(file: FileHandle): Promise<'taken' | 'held' | 'unsupported'> {
  const child = spawn('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] })
  try {
    await once(child, 'close')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 'unsupported'
    throw error
  }
  if (child.exitCode === 0) return 'taken'
  return child.exitCode === 1 ? 'held' : 'unsupported'
}

async function introduce(file: FileHandle): Promise<void> {
  const me: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  await file.truncate()
  await file.write(`${JSON.stringify(me)}\n`)
}

async function holderIn(file: FileHandle): Promise<Partial<Holder> | undefined> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0)
    return JSON.parse(buffer.subarray(0, bytesRead).toString()) as Partial<Holder>
  } catch {
    return undefined // it is just about to say
  }
}
