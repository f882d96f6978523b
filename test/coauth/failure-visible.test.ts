import { expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'
import { expectStatus, join, statusOf } from './fixture.js'

it('every refused save is seen at another instance within a second', async () => {
  await using one = await Tandem.start(inject('postgres'))
  await using two = await Tandem.start(inject('postgres'), { sharing: one })
  const waits: number[] = []
  for (let trial = 0; trial < 20; trial++) {
    const file = await one.sharedFile('content', { bob: 'editor' }, `${trial}.docx`)
    const alice = await one.editor(await one.person('alice'), file.id)
    await join(alice)
    expectStatus(await alice.putFile(`refused ${trial}`, 'another lock'), 409)
    const refusedAt = performance.now()
    while ((await statusOf(two, file.id)).state !== 'save-failing') {
      if (performance.now() - refusedAt > 5000) throw new Error('never seen')
    }
    waits.push(performance.now() - refusedAt)
  }
  expect(Math.max(...waits)).toBeLessThan(1000)
})
