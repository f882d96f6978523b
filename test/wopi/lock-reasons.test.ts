import { describe, expect, it } from 'vitest'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.4' }
const COOL_LOCK = 'cool-lock1a2b3c4d'

describe('what a refused Lock says to people', () => {
  const fixture = useFixture()

  const reasonOf = (answer: WopiAnswer): unknown => answer.headers['x-wopi-lockfailurereason']
  async function conflictFor(editor: Editor, headers: Headers = {}): Promise<unknown> {
    const answer = await editor.lock('another', headers)
    expect(answer.status).toBe(409)
    return reasonOf(answer)
  }
  /** Two people's editors on one file; whom the first belongs to is called `name`. */
  async function two(name = 'alice'): Promise<{ first: Editor; second: Editor }> {
    const first = await fixture.open('bytes')
    const second = await fixture.join(first, { who: 'bob', role: 'editor' })
    // At last: a sign-in says its own.
    await fixture.sql(`update user_account set display_name = '${name}' where id = 'alice'`)
    return { first, second }
  }

  it('names who has it open, in what, and since when', async () => {
    const { first, second } = await two('Alice Miller')
    await first.lock(first.fileId)
    const [row] = await fixture.sql(`select taken_at from file_lock where file_id = '${first.fileId}'`)
    const time = (row as { taken_at: Date }).taken_at.toISOString().slice(11, 16)
    expect(await conflictFor(second, COLLABORA)).toBe(
      `Alice Miller has it open in ONLYOFFICE since ${time} UTC`,
    )
  })

  it.each([
    ['Collabora, by its lock id', COOL_LOCK, {}, 'alice has it open in Collabora Online'],
    ['Collabora, by what it sends', 'A', COLLABORA, 'alice has it open in Collabora Online'],
    [
      'ONLYOFFICE, by what it sends',
      'A',
      { 'X-LOOL-WOPI-Timestamp': '1' },
      'alice has it open in ONLYOFFICE',
    ],
    ['somebody who shows no mark', '{"S":"x","F":4}', {}, 'The file is in use: alice has it open'],
  ])('knows %s', async (_who, lockId, headers, where) => {
    const { first, second } = await two()
    await first.lock(lockId, headers)
    expect(await conflictFor(second)).toMatch(new RegExp(`^${where} since \\d\\d:\\d\\d UTC$`))
  })

  it('says the day when it is not of today', async () => {
    const { first, second } = await two()
    await first.lock('A')
    await fixture.sql(
      `update file_lock set taken_at = '2026-01-02 10:02:33+00' where file_id = '${first.fileId}'`,
    )
    expect(await conflictFor(second)).toBe('The file is in use: alice has it open since 2026-01-02 10:02 UTC')
  })

  it.each([
    ['Юлия Щербакова', 'Iuliia Shcherbakova'],
    ['Γιώργος', 'Giorgos'],
    ['Zoë Ångström', 'Zoe Angstrom'],
    ['李雷', 'alice'],
  ])('spells %s as %s, and never with question marks', async (name, spelt) => {
    const { first, second } = await two(name)
    await first.lock('A')
    expect(await conflictFor(second)).toMatch(new RegExp(`^The file is in use: ${spelt} has it open since `))
  })

  it('says so in each answer that tells of the lock', async () => {
    const { first, second } = await two()
    await first.lock('A')
    const answers = [
      await second.refreshLock('B'),
      await second.unlockAndRelock('B', 'C'),
      await second.unlock('B'),
      await second.renameFile('Mine'),
      await second.putFile('mine', 'B'),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 409, lock: 'A' })
      expect(reasonOf(answer)).toMatch(/^The file is in use: alice has it open since /)
    }
  })

  it('says of a content that was changed outside what it always said, and of no lock that there is none', async () => {
    const { first, second } = await two()
    await first.lock('A')
    const stale = await first.putFile('mine', 'A', { ...COLLABORA, 'X-COOL-WOPI-Timestamp': 'noon' })
    expect(reasonOf(stale)).toBe('The file was changed outside this session')
    await first.unlock('A')
    expect(reasonOf(await second.refreshLock('B'))).toBe('The file is not locked')
    expect(reasonOf(await second.putFile('mine', 'B'))).toBe('The file is not locked')
  })

  it('gives the operator’s reason for an exclusive lock', async () => {
    const { first, second } = await two()
    const body = { reason: 'Nächtlicher Export – bis 4 Uhr', ttlSeconds: 60 }
    await (await fixture.person('alice')).calls('POST', `/files/${first.fileId}/exclusive-lock`, body)
    expect(await conflictFor(second)).toBe('The file is locked exclusively: Nachtlicher Export - bis 4 Uhr')
    expect(reasonOf(await second.getLock())).toBe(
      'The file is locked exclusively: Nachtlicher Export - bis 4 Uhr',
    )
  })

  it('names neither people nor the lock to those who may not edit', async () => {
    const { first, second } = await two('Alice Miller')
    await first.lock('A')
    await (await fixture.person('alice')).grants(first.fileId, 'user:bob', 'viewer')
    const unlock = await second.unlock('B')
    expect(unlock).toMatchObject({ status: 404, lock: undefined })
    expect(reasonOf(unlock)).toBe('The document is not there any more, or may not be edited by you')

    const { first: other } = await two('Alice Miller')
    const viewer = await fixture.join(other, { who: 'vera', role: 'viewer', mode: 'view' })
    const body = { reason: 'Merger with Example Ltd', ttlSeconds: 60 }
    await (await fixture.person('alice')).calls('POST', `/files/${other.fileId}/exclusive-lock`, body)
    expect(reasonOf(await viewer.getLock())).toBe(
      'The file is locked exclusively, for maintenance or a batch job',
    )
  })

  it('gives a 401 and a 404 a reason that names no person and no document', async () => {
    const { first, second } = await two('Alice Miller')
    await first.lock('A')
    await (await fixture.person('alice')).revokes(first.fileId, 'user:bob')
    const gone = await second.lock('A', COLLABORA)
    expect([gone.status, gone.body.length]).toEqual([404, 0])
    expect(reasonOf(gone)).toBe('The document is not there any more, or may not be edited by you')

    const ended = await fixture.join(first)
    await fixture.sql(
      `update access_token set revoked_at = clock_timestamp() - interval '2 days' where resource_id = '${first.fileId}'`,
    )
    for (const answer of [await ended.lock('A'), await ended.refreshLock('A'), await ended.unlock('B')]) {
      expect(answer.status).toBe(401)
      expect(reasonOf(answer)).toBe('This session has ended. Open the document again')
    }
    expect(reasonOf(await ended.checkFileInfo())).toBeUndefined()
    const forged = await fetch(`${fixture.tandem.url}/wopi/files/${first.fileId}?access_token=forged`, {
      method: 'POST',
      headers: { 'X-WOPI-Override': 'LOCK', 'X-WOPI-Lock': 'A' },
    })
    expect([forged.status, forged.headers.get('x-wopi-lockfailurereason')]).toEqual([
      401,
      'This session has ended. Open the document again',
    ])
  })

  fixture.leavesNoTokenInTheLog()
})
