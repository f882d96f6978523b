/** What `work` takes of the processors, in milliseconds: the time on a clock tells as much of the machine's other work. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
