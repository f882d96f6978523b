import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { sha256 } from '../crash/body.js'
import { blobsIn, holdUpload, untilBlobs } from './held-upload.js'
import { until } from './until.js'

const TRIALS = 24

describe('an upload that stalls (R-03)', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let admin: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), {
      env: { LOCK_TTL_SECONDS: '1', LOCK_GRACE_SECONDS: '0' },
    })
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    admin = await tandem.person('admin', 'admin')
  })
  afterAll(() => tandem.stop())

  /** alice's file, which bob has open too. */
  async function shared(): Promise<{ file: FileView; ofAlice: Editor; ofBob: Editor }> {
    const file = await tandem.sharedFile('the content before', { bob: 'editor' })
    const [ofAlice, ofBob] = await Promise.all([tandem.editor(alice, file.id), tandem.editor(bob, file.id)])
    return { file, ofAlice, ofBob }
  }

  async function expectKept(file: FileView, reason: string, stalled: Buffer): Promise<void> {
    const items = await alice.recoveryItems(file.id)
    expect(items).toMatchObject([{ reason, sha256: sha256(stalled), size: stalled.length }])
    const { body } = await alice.calls('GET', `/files/${file.id}/recovery-items/${items[0]?.id}/content`)
    expect(body.equals(stalled)).toBe(true)
  }

  it(`cannot overwrite what the next holder of the lock saved, and is kept: ${TRIALS} at once`, async () => {
    const before = (await blobsIn(tandem.dataDir)).length
    const files = await Promise.all(Array.from({ length: TRIALS }, shared))
    const stalled = await Promise.all(
      files.map(async ({ file, ofAlice, ofBob }) => {
        const bytes = randomBytes(200_000)
        expect((await ofAlice.lock('stale')).status).toBe(200)
        return { file, ofBob, bytes, upload: holdUpload(ofAlice, bytes, 'stale') }
      }),
    )
    await untilBlobs(tandem.dataDir, before + 2 * TRIALS)
    await Promise.all(
      stalled.map(async ({ file, ofBob, bytes, upload }) => {
        await until('the stale lock has expired', async () => (await ofBob.lock('newer')).status === 200)
        const saved = await ofBob.putFile(`what bob saved in ${file.id}`, 'newer')
        expect(saved.status).toBe(200)

        upload.release()
        // bob goes on editing, so that his lock is live whenever the stale save is decided.
        const editing = setInterval(() => void ofBob.lock('newer').catch(() => undefined), 200)
        const refused = await upload.answer.finally(() => clearInterval(editing))

        expect([refused.status, refused.lock]).toEqual([409, 'newer'])
        expect((await alice.downloads(file.id)).toString()).toBe(`what bob saved in ${file.id}`)
        expect((await alice.versions(file.id)).map(({ version }) => version)).toEqual([saved.version, '1'])
        await expectKept(file, 'lock-mismatch', bytes)
      }),
    )
  })

  it('is refused with an empty lock id when the lock has merely expired, and is kept', async () => {
    const { file, ofAlice, ofBob } = await shared()
    const bytes = randomBytes(50_000)
    await ofAlice.lock('stale')
    const upload = holdUpload(ofAlice, bytes, 'stale')
    await until('the lock has expired', async () => (await ofBob.getLock()).lock === '')
    upload.release()
    const refused = await upload.answer
    expect([refused.status, refused.lock]).toEqual([409, ''])
    expect(await alice.seesFile(file.id)).toEqual(file)
    await expectKept(file, 'not-locked', bytes)
  })

  /** bob's upload hangs, past every check at its start, while `meanwhile` happens. */
  async function bobStalls(
    file: FileView,
    ofBob: Editor,
    meanwhile: () => Promise<unknown>,
  ): Promise<{ status: number; bytes: Buffer }> {
    const bytes = randomBytes(50_000)
    const before = (await blobsIn(tandem.dataDir)).length
    const upload = holdUpload(ofBob, bytes, 'of bob')
    await untilBlobs(tandem.dataDir, before + 1)
    await meanwhile()
    await ofBob.lock('of bob').catch(() => undefined)
    upload.release()
    return { status: (await upload.answer).status, bytes }
  }

  it('is refused with 404 when the right goes meanwhile, and is kept', async () => {
    const { file, ofBob } = await shared()
    await ofBob.lock('of bob')
    const { status, bytes } = await bobStalls(file, ofBob, () => alice.revokes(file.id, 'user:bob'))
    expect(status).toBe(404)
    expect(await alice.seesFile(file.id)).toEqual(file)
    await expectKept(file, 'permission-revoked', bytes)
    expect((await bob.calls('GET', `/files/${file.id}/recovery-items`)).status).toBe(404)
  })

  it('is refused with 401 when the token is revoked meanwhile, and is kept', async () => {
    const { file, ofBob } = await shared()
    await ofBob.lock('of bob')
    const { status, bytes } = await bobStalls(file, ofBob, async () => {
      const answer = await admin.calls('DELETE', `/admin/access-tokens/${jtiOf(ofBob.token)}`)
      expect(answer.status).toBe(204)
    })
    expect(status).toBe(401)
    expect(await alice.seesFile(file.id)).toEqual(file)
    await expectKept(file, 'token-revoked', bytes)
  })

  it('is refused with 404 when the file is deleted meanwhile, and kept with it in the bin', async () => {
    const { file, ofBob } = await shared()
    await ofBob.lock('of bob')
    const { status, bytes } = await bobStalls(file, ofBob, async () => {
      expect((await alice.calls('DELETE', `/files/${file.id}?force=true`)).status).toBe(204)
    })
    expect(status).toBe(404)
    expect((await alice.calls('POST', `/bin/${file.id}/restore`, {})).status).toBe(200)
    await expectKept(file, 'file-deleted', bytes)
  })
})

function jtiOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(claims) as { jti: string }).jti
}
