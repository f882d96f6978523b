import { closeSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

/** User and system time that a process and its children have spent; NaN where the system has no /proc. */
export function cpuSeconds(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + ownCpuSeconds(each), 0)
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    return children.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function ownCpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The fields behind the process name, which may itself contain blanks; 11 and 12 are utime and stime in ticks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

/** The median of 100 appends of 4 KB with fsync, in milliseconds: what a durable commit costs here at least. */
export function fsyncMilliseconds(folder: string): number {
  const path = join(folder, 'fsync-probe')
  const file = openSync(path, 'wx')
  const page = Buffer.alloc(4096)
  const times: number[] = []
  for (let turn = 0; turn < 100; turn++) {
    writeSync(file, page)
    const start = performance.now()
    fsyncSync(file)
    times.push(performance.now() - start)
  }
  closeSync(file)
  unlinkSync(path)
  return times.sort((a, b) => a - b)[50] ?? Number.NaN
}

export function machine(): string {
  return `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`
}
