import { describe, expect, inject, it } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { Issuer } from './issuer.js'
import { expectProblem } from './problem.js'

const answerTo = async (tandem: Tandem, bearer: string): ReturnType<Person['calls']> =>
  new Person(tandem.url, 'alice', bearer).calls('GET', '/files')

describe('an identity provider that is away when Tandem is restarted', () => {
  it.each([
    ['nothing listens at its address', undefined],
    ['a proxy in front of it says 502', 502],
    ['it has no metadata yet', 503],
  ])(
    'because %s: open documents are saved, bearers are 503 with the reason, and work once it is back',
    async (_why, status) => {
      const port = await freePort()
      const before = await Issuer.start({ port })
      const env = { OIDC_ISSUER: before.url }
      await using first = await Tandem.start(inject('postgres'), { env })
      const bearer = before.token({ sub: 'alice' })
      const alice = new Person(first.url, 'alice', bearer)
      const file = await alice.createsFile('A.docx', 'first')
      const token = await alice.opensForEdit(file.id)
      await before[Symbol.asyncDispose]()
      const inBetween = status === undefined ? undefined : await Issuer.start({ port, failing: status })

      await using again = await Tandem.start(inject('postgres'), { env, sharing: first })
      const editor = new Editor(again.url, file.id, token)
      expect((await editor.checkFileInfo()).status).toBe(200)
      expect((await editor.lock('L')).status).toBe(200)
      expect((await editor.putFile('saved without it', 'L')).status).toBe(200)
      expect((await fetch(`${again.url}/health/ready`)).headers.get('content-type')).toContain('json')
      const refused = await answerTo(again, bearer)
      expectProblem(refused, 503, 'identity-provider-away')
      expect(refused.headers['retry-after']).toBe('5')
      const headers = { authorization: `Bearer ${bearer}` }
      const office = await fetch(`${again.url}/wopibootstrapper`, { headers })
      expect([office.status, office.headers.get('retry-after')]).toEqual([503, '5'])
      expect((await fetch(`${again.url}/api/v1/files`)).status).toBe(401)
      expect(again.log.filter((line) => line.includes('"identity-provider-away"')).length).toBeGreaterThan(0)

      await inBetween?.[Symbol.asyncDispose]()
      await using back = await Issuer.start({ port })
      await until(
        'people can sign in',
        async () => (await answerTo(again, back.token({ sub: 'alice' }))).status === 200,
      )
      expect(again.log.join('')).toContain('"identity-provider-found"')
    },
  )

  it('whose keys alone cannot be had: 503, and not "you are not signed in"', async () => {
    await using issuer = await Issuer.start()
    issuer.failingKeys = true
    await using tandem = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: issuer.url } })
    expectProblem(await answerTo(tandem, issuer.token({ sub: 'alice' })), 503, 'identity-provider-away')
    expectProblem(await answerTo(tandem, 'garbage'), 401, 'not-signed-in')
  })
})
