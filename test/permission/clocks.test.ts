import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { Issuer } from '../rest/issuer.js'
import { Forger, jtiOf } from './forge.js'

const realNow = Date.now.bind(Date)

/** From now on this process, and so the servers in it, has another time than the database. */
function machineIs(seconds: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + seconds * 1000)
}

afterEach(() => vi.restoreAllMocks())

async function databaseDetails(tandem: Tandem): Promise<{ warning?: string }> {
  const answer = await fetch(`${tandem.url}/health/ready`)
  return ((await answer.json()) as { details: { database: { warning?: string } } }).details.database
}

describe.each([
  [-90, /^this machine's clock is (89|90|91) s behind the database's$/],
  [-7200, /^this machine's clock is (7199|7200|7201) s behind the database's$/],
  [90, /^this machine's clock is (89|90|91) s ahead of the database's$/],
  [11 * 3600, /ahead of the database's$/],
] as const)('a machine whose clock is %i s off the database’s', (seconds, says) => {
  beforeEach(() => {
    machineIs(seconds)
  })

  it('takes fresh tokens, saves, gives out files by address, and says what is wrong', async () => {
    await using tandem = await Tandem.start(inject('postgres'), { env: { FILE_URL: 'on' } })
    const alice = await tandem.person('alice')
    const file = await tandem.sharedFile('content')
    const editor = await tandem.editor(alice, file.id)
    const info = await editor.checkFileInfo()
    expect(info.status).toBe(200)
    expect((await editor.lock('L')).status).toBe(200)
    expect((await editor.putFile('saved', 'L')).status).toBe(200)
    const { FileUrl } = info.json<{ FileUrl: string }>()
    expect(await (await fetch(FileUrl)).text()).toBe('saved')
    expect((await databaseDetails(tandem)).warning).toMatch(says)
    const line = tandem.log.find((one) => one.includes('"clock-differs"'))
    expect((JSON.parse(line ?? '{}') as { msg?: string; level?: number }).msg).toMatch(says)
  })

  it('takes the identity provider’s fresh tokens, and none that has ended', async () => {
    await using issuer = await Issuer.start()
    await using tandem = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: issuer.url } })
    const now = Math.floor(realNow() / 1000)
    const status = async (claims: object): Promise<number> =>
      (
        await new Person(tandem.url, 'alice', issuer.token({ sub: 'alice', ...claims })).calls(
          'GET',
          '/files',
        )
      ).status
    expect(await status({ iat: now, nbf: now, exp: now + 300 })).toBe(200)
    expect(await status({ iat: now, nbf: now + 100, exp: now + 300 })).toBe(200)
    expect(await status({ iat: now, nbf: now + 180, exp: now + 300 })).toBe(401)
    expect(await status({ iat: now - 600, exp: now - 1 })).toBe(401)
  })

  it('ends access tokens when the database says so, and not a second later', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const file = await tandem.sharedFile('content')
    const editor = await tandem.editor(await tandem.person('alice'), file.id)
    const now = Math.floor(realNow() / 1000)
    const ended = (await Forger.of(tandem)).withClaims(editor.token, { exp: now - 1 })
    const late = await tandem.editor(await tandem.person('alice'), file.id)
    expect((await new Editor(tandem.url, file.id, ended).lock('L')).status).toBe(401)
    await execute(
      tandem.databaseUrl,
      `update access_token set expires_at = clock_timestamp() - interval '1 s' where jti = $1`,
      [jtiOf(late.token)],
    )
    expect((await late.lock('L')).status).toBe(401)
    expect((await editor.lock('L')).status).toBe(200)
  })
})

describe('a machine whose clock is right', () => {
  it('takes what is dated two minutes ahead, no more, and warns of nothing', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const file = await tandem.sharedFile('content')
    const editor = await tandem.editor(await tandem.person('alice'), file.id)
    const forger = await Forger.of(tandem)
    const now = Math.floor(realNow() / 1000)
    const status = async (claims: object): Promise<number> =>
      (await new Editor(tandem.url, file.id, forger.withClaims(editor.token, { ...claims })).checkFileInfo())
        .status
    expect(await status({ iat: now + 100 })).toBe(200)
    expect(await status({ iat: now + 180 })).toBe(401)
    expect(await status({ nbf: now + 100 })).toBe(200)
    expect(await status({ nbf: now + 180 })).toBe(401)
    expect((await databaseDetails(tandem)).warning).toBeUndefined()
    expect(tandem.log.join('')).not.toContain('clock-differs')
  })
})
