import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { migrate } from '../../src/database/migrate.js'
import { webhookJobs } from '../../src/webhooks/webhook-jobs.js'

/** Names of the parameters with which a connection introduces itself (PostgreSQL's protocol, StartupMessage). */
function parametersIn(packet: Buffer): string[] {
  const words = packet.subarray(8).toString().split('\0')
  return words.filter((_word, index) => index % 2 === 0 && index < words.length - 2)
}

it('no connection introduces itself with settings: PgBouncer refuses those it does not know', async () => {
  const seen: string[][] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (packet) => {
      seen.push(parametersIn(packet))
      socket.resetAndDestroy()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `postgres://tandem@127.0.0.1:${(server.address() as AddressInfo).port}/tandem`
  const boss = webhookJobs(url, { supervise: true })
  boss.on('error', () => undefined)
  for (const connecting of [migrate(url), createDataSource(url, 2).initialize(), boss.start()]) {
    await expect(connecting).rejects.toThrow()
  }
  server.close()
  expect(seen).toHaveLength(3)
  // All that PgBouncer knows, and keeps for each of its clients.
  const known = ['application_name', 'client_encoding', 'database', 'user']
  for (const parameters of seen) expect(parameters.sort()).toEqual(known)
})
