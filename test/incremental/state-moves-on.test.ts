import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Gate, waiting } from '../kit/gate.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'
import { put, sequenceIn } from './plus-client.js'

const headers = { 'X-WOPI-Lock': 'L' }

describe('PutChunkedFile that names a state which is about to come', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  let second: Tandem

  beforeAll(async () => {
    const env = { COAUTH_PROFILE: 'plus' }
    second = await Tandem.start(inject('postgres'), { env, sharing: fixture.tandem })
  })
  afterAll(() => second.stop())

  it('WOPI.md §13.7: is prepared again, and what it brought is what is stored', async () => {
    const here = await fixture.open('content')
    const there = new Editor(second.url, here.fileId, here.token)
    expect((await here.lock('L')).status).toBe(200)
    await using gate = await Gate.at(fixture.tandem.databaseUrl, {
      when: 'before',
      event: 'update',
      table: 'file',
    })
    const first = put(here, { sequence: 1, streams: [{ bytes: Buffer.from('first') }], headers })
    await gate.stopped()
    // Its bytes came, and were looked at, while the file still was in the state before.
    const next = put(there, { sequence: 2, streams: [{ bytes: Buffer.from('second') }], headers })
    await waiting(fixture.tandem.databaseUrl, 2)
    await gate.open()
    expect([(await first).status, sequenceIn(await first)]).toEqual([200, 2])
    expect([(await next).status, sequenceIn(await next)]).toEqual([200, 3])
    expect((await here.getFile()).body.toString()).toBe('second')
  })

  fixture.leavesNoTokenInTheLog()
})
