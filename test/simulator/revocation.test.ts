import { expect, inject, it } from 'vitest'
import { bearerFor } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { forgetsRefusedSaves, LyingProxy } from './lying-proxy.js'
import { runRevocations } from './revocation-run.js'

it('loses nothing when a right is removed at a random moment of a session over two instances (60 moments)', async () => {
  await using one = await Tandem.start(inject('postgres'))
  await using two = await Tandem.start(inject('postgres'), { sharing: one })
  const report = await runRevocations({
    moments: 60,
    seed: `${Date.now()}`,
    sideBySide: 4,
    urls: [one.url, two.url],
    bearer: (user) => bearerFor(one.dataDir, user),
  })
  expect(report.violations).toEqual([])
  // A run in which little happened proves little.
  expect(report.moments).toBe(60)
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.refused).toBeGreaterThan(5)
  expect(report.oneOut + report.everyoneOut).toBeGreaterThan(10)
}, 60_000)

it('would notice a host that throws away what it refuses', async () => {
  await using proxy = await LyingProxy.start()
  await using tandem = await Tandem.start(inject('postgres'))
  proxy.target = tandem.url
  proxy.lie = forgetsRefusedSaves(tandem.url)
  const report = await runRevocations({
    moments: 12,
    seed: 'forgetful',
    sideBySide: 4,
    urls: [proxy.url],
    bearer: (user) => bearerFor(tandem.dataDir, user),
  })
  expect(report.violations.join()).toContain('a refused body was not kept')
}, 60_000)
