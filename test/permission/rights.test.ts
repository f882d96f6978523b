import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor, Place, type WopiAnswer } from '../kit/wopi.js'
import { ask, getRaw, put } from '../incremental/plus-client.js'
import { Forger, issueRegardless, jtiOf } from './forge.js'

/**
 * Who may do what over WOPI. Each cell is one call on a file of its own that is unlocked or locked just so that
 * nothing but the right can refuse it; 404 hides what the caller may not touch, 401 is a dead or foreign token.
 * Unlock of an edit token outlives the right, and the token by a day: a lock must not stay behind because its editor
 * lost it (test/wopi/unlock-late.test.ts).
 */
const TABLE = `
                              | CheckFileInfo GetFile GetLock PutUserInfo EnumerateAncestors GetEcosystem GetShareUrl | Lock UnlockAndRelock RefreshLock Unlock | PutFile PutRelativeFile RenameFile DeleteFile AddActivities
no grant                      |     404         404     404       404         404             404         404     |  404       404           404       200   |   404        404          404        404         404
viewer                        |     200         200     200       200         200             200         501     |  404       404           404       404   |   404        404          404        404         404
editor                        |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
owner                         |     200         200     200       200         200             200         200     |  200       200           200       200   |   200        200          200        200         200
granted owner                 |     200         200     200       200         200             200         200     |  200       200           200       200   |   200        200          200        200         200
everyone is viewer            |     200         200     200       200         200             200         501     |  404       404           404       404   |   404        404          404        404         404
everyone is editor            |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
editor through a group        |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
editor through the container  |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
viewer through a link         |     200         200     200       200         200             200         501     |  404       404           404       404   |   404        404          404        404         404
editor through a link         |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
through a container’s link    |     200         200     200       200         200             200         501     |  200       200           200       200   |   200        200          200        404         200
view token of an editor       |     200         200     200       200         200             200         501     |  404       404           404       404   |   404        404          404        404         404
view token of the owner       |     200         200     200       200         200             200         501     |  404       404           404       404   |   404        404          404        404         404
expired token                 |     401         401     401       401         401             401         401     |  401       401           401       200   |   401        401          401        401         401
revoked token                 |     401         401     401       401         401             401         401     |  401       401           401       200   |   401        401          401        401         401
disabled user                 |     401         401     401       401         401             401         401     |  401       401           401       200   |   401        401          401        401         401
right removed since           |     404         404     404       404         404             404         404     |  404       404           404       200   |   404        404          404        404         404
link expired since            |     404         404     404       404         404             404         404     |  404       404           404       200   |   404        404          404        404         404
link revoked since            |     404         404     404       404         404             404         404     |  404       404           404       200   |   404        404          404        404         404
link of no owner any more     |     404         404     404       404         404             404         404     |  404       404           404       200   |   404        404          404        404         404
right lowered to viewer since |     200         200     200       200         200             200         501     |  404       404           404       200   |   404        404          404        404         404
token of another file         |     401         401     401       401         401             401         401     |  401       401           401       401   |   401        401          401        401         401
`

interface Cell {
  readonly tandem: Tandem
  /** The file's owner. */
  readonly alice: Person
  readonly fileId: string
  readonly containerId: string
  /** Nobody before, so that no other cell's grants reach them. */
  readonly person: Person
}

const TOKEN_OF: Readonly<Record<string, (cell: Cell) => Promise<string>>> = {
  'no grant': ({ tandem, person, fileId }) => issueRegardless(tandem, person.id, fileId),
  viewer: granted('viewer', 'view'),
  editor: granted('editor', 'edit'),
  owner: ({ alice, fileId }) => alice.opens(fileId, 'edit'),
  'granted owner': granted('owner', 'edit'),
  'everyone is viewer': async ({ alice, person, fileId }) => {
    await alice.grants(fileId, 'everyone', 'viewer')
    return person.opens(fileId, 'view')
  },
  'everyone is editor': async ({ alice, person, fileId }) => {
    await alice.grants(fileId, 'everyone', 'editor')
    return person.opens(fileId, 'edit')
  },
  'editor through a group': async ({ tandem, alice, person, fileId }) => {
    await alice.grants(fileId, `group:staff%20of%20${person.id}`, 'editor')
    const bearer = (await Forger.of(tandem)).bearer({ sub: person.id, groups: [`staff of ${person.id}`] })
    return new Person(tandem.url, person.id, bearer).opens(fileId, 'edit')
  },
  'editor through the container': async ({ alice, person, fileId, containerId }) => {
    const subject = `/containers/${containerId}/grants/user:${person.id}`
    expect((await alice.calls('PUT', subject, { role: 'editor' })).status).toBe(200)
    return person.opens(fileId, 'edit')
  },
  'viewer through a link': linked('ReadOnly', 'view'),
  'editor through a link': linked('ReadWrite', 'edit'),
  'through a container’s link': async ({ tandem, alice, person, fileId, containerId }) => {
    const tokenFor = await alice.calls('POST', `/containers/${containerId}/access-tokens`, { mode: 'edit' })
    const { accessToken } = tokenFor.json<{ accessToken: string }>()
    const folder = new Place(`${tandem.url}/wopi/containers/${containerId}?access_token=${accessToken}`)
    await redeems(person, await folder.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadWrite' }))
    return person.opens(fileId, 'edit')
  },
  'view token of an editor': granted('editor', 'view'),
  'view token of the owner': ({ alice, fileId }) => alice.opens(fileId, 'view'),
  'expired token': after(granted('editor', 'edit'), async ({ tandem }, token) => {
    const past = `update access_token set expires_at = now() - interval '1 s' where jti = $1`
    await execute(tandem.databaseUrl, past, [jtiOf(token)])
  }),
  'revoked token': after(granted('editor', 'edit'), async ({ tandem }, token) => {
    const root = await tandem.person('root', 'admin')
    expect((await root.calls('DELETE', `/admin/access-tokens/${jtiOf(token)}`)).status).toBe(204)
  }),
  'disabled user': after(granted('owner', 'edit'), async ({ tandem, person }) => {
    await execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = $1`, [
      person.id,
    ])
  }),
  'right removed since': after(granted('editor', 'edit'), ({ alice, person, fileId }) =>
    alice.revokes(fileId, `user:${person.id}`),
  ),
  'link expired since': after(linked('ReadWrite', 'edit'), async ({ tandem, fileId }) => {
    const past = `update share_link set expires_at = now() where object_id = $1`
    await execute(tandem.databaseUrl, past, [fileId])
  }),
  'link revoked since': after(linked('ReadWrite', 'edit'), async ({ alice, fileId }) => {
    const links = await alice.calls('GET', `/files/${fileId}/share-links`)
    const [link] = links.json<{ items: { id: string }[] }>().items
    expect((await alice.calls('DELETE', `/files/${fileId}/share-links/${link?.id}`)).status).toBe(204)
  }),
  'link of no owner any more': async (cell) => {
    const { tandem, alice, person, fileId } = cell
    const maker = await tandem.person(`maker${person.id}`)
    await alice.grants(fileId, `user:${maker.id}`, 'owner')
    const token = await linked('ReadWrite', 'edit')({ ...cell, alice: maker })
    await alice.grants(fileId, `user:${maker.id}`, 'editor')
    return token
  },
  'right lowered to viewer since': after(granted('editor', 'edit'), ({ alice, person, fileId }) =>
    alice.grants(fileId, `user:${person.id}`, 'viewer'),
  ),
  'token of another file': async ({ tandem, person, alice, fileId }) => {
    const other = await tandem.sharedFile('other', { [person.id]: 'owner' })
    await alice.grants(fileId, `user:${person.id}`, 'owner')
    return person.opens(other.id, 'edit')
  },
}

function granted(role: 'viewer' | 'editor' | 'owner', mode: 'view' | 'edit') {
  return async ({ alice, person, fileId }: Cell): Promise<string> => {
    await alice.grants(fileId, `user:${person.id}`, role)
    return person.opens(fileId, mode)
  }
}

function linked(kind: 'ReadOnly' | 'ReadWrite', mode: 'view' | 'edit') {
  return async ({ tandem, alice, person, fileId }: Cell): Promise<string> => {
    const hers = await tandem.editor(alice, fileId)
    await redeems(person, await hers.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': kind }))
    return person.opens(fileId, mode)
  }
}

async function redeems(person: Person, shared: WopiAnswer): Promise<void> {
  const link = new URL(shared.json<{ ShareUrl: string }>().ShareUrl).searchParams.get('share')
  expect((await person.calls('POST', '/share-links/redeem', { link })).status).toBe(200)
}

function after(token: (cell: Cell) => Promise<string>, change: (cell: Cell, token: string) => Promise<void>) {
  return async (cell: Cell): Promise<string> => {
    const issued = await token(cell)
    await change(cell, issued)
    return issued
  }
}

interface Operation {
  /** Whether alice holds the lock `session` before the call. */
  readonly locked: boolean
  /** Whether success shows in what `stateOf` sees. */
  readonly changes: boolean
  call(editor: Editor): Promise<WopiAnswer>
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CheckFileInfo: { locked: true, changes: false, call: (editor) => editor.checkFileInfo() },
  GetFile: { locked: true, changes: false, call: (editor) => editor.getFile() },
  GetLock: { locked: true, changes: false, call: (editor) => editor.getLock() },
  PutUserInfo: { locked: true, changes: true, call: (editor) => editor.putUserInfo('ribbon=1') },
  EnumerateAncestors: { locked: true, changes: false, call: (editor) => editor.call('GET', '/ancestry') },
  GetEcosystem: { locked: true, changes: false, call: (editor) => editor.call('GET', '/ecosystem_pointer') },
  GetShareUrl: {
    locked: true,
    changes: false,
    call: (editor) => editor.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadWrite' }),
  },
  AddActivities: {
    locked: true,
    changes: false,
    call: (editor) => editor.operation('ADD_ACTIVITIES', {}, '{"Activities":[]}'),
  },
  Lock: { locked: false, changes: true, call: (editor) => editor.lock('session') },
  UnlockAndRelock: {
    locked: true,
    changes: true,
    call: (editor) => editor.unlockAndRelock('session', 'next'),
  },
  RefreshLock: { locked: true, changes: false, call: (editor) => editor.refreshLock('session') },
  Unlock: { locked: true, changes: true, call: (editor) => editor.unlock('session') },
  PutFile: { locked: true, changes: true, call: (editor) => editor.putFile('new content', 'session') },
  PutRelativeFile: {
    locked: false,
    changes: true,
    call: (editor) => editor.putRelativeFile('copy', { 'X-WOPI-SuggestedTarget': '.docx' }),
  },
  RenameFile: {
    locked: true,
    changes: true,
    call: (editor) => editor.renameFile('Renamed', { 'X-WOPI-Lock': 'session' }),
  },
  DeleteFile: { locked: false, changes: true, call: (editor) => editor.deleteFile() },
}

const main = { StreamId: 'MainContent', ChunkingScheme: 'Zip' }

/** What goes by a column of the table: reading and writing by chunks is reading and writing. */
const SAME_AS: Readonly<Record<string, Operation & { readonly column: string }>> = {
  GetSequenceNumber: {
    column: 'GetFile',
    locked: true,
    changes: false,
    call: (editor) => editor.operation('GET_SEQUENCE_NUMBER'),
  },
  GetChunkedFile: { column: 'GetFile', locked: true, changes: false, call: (editor) => getRaw(editor, [{}]) },
  GetChunks: {
    column: 'GetFile',
    locked: true,
    changes: false,
    call: (editor) => ask(editor, 'GET_CHUNKS', { ContentFilters: [{ ...main, ChunkRangesToReturn: [] }] }),
  },
  PutChunkedFile: {
    column: 'PutFile',
    locked: true,
    changes: true,
    call: (editor) =>
      put(editor, {
        sequence: 1,
        streams: [{ bytes: Buffer.from('new content') }],
        headers: { 'X-WOPI-Lock': 'session' },
      }),
  },
  CreateUploadSession: {
    column: 'PutFile',
    locked: true,
    changes: false,
    call: (editor) => editor.operation('CREATE_UPLOAD_SESSION'),
  },
}

const ALL_OPERATIONS = { ...OPERATIONS, ...SAME_AS }
const EXPECTED = readTable(TABLE)
for (const row of Object.values(EXPECTED))
  for (const [name, { column }] of Object.entries(SAME_AS)) row[name] = row[column] ?? Number.NaN

describe('rights over WOPI', () => {
  let tandem: Tandem
  let people = 0

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { COAUTH_PROFILE: 'plus' } })
  })
  afterAll(() => tandem.stop())

  it('A-07: the table has every operation, and every row that it can be asked for', () => {
    expect(Object.keys(EXPECTED)).toEqual(Object.keys(TOKEN_OF))
    for (const row of Object.values(EXPECTED))
      expect(Object.keys(row).sort()).toEqual(Object.keys(ALL_OPERATIONS).sort())
  })

  for (const [row, expected] of Object.entries(EXPECTED)) {
    it(`A-07: ${row}: every operation answers as the table says, and a refused one changes nothing`, async () => {
      const observed = Object.entries(ALL_OPERATIONS).map(async ([name, operation]) => [
        name,
        await statusIn(row, operation),
      ])
      expect(Object.fromEntries(await Promise.all(observed))).toEqual(expected)
    })
  }

  /** The status of one call by the row's token, after making sure that a refusal left no trace. */
  async function statusIn(row: string, operation: Operation): Promise<number> {
    const number = ++people
    const person = await tandem.person(`person${number}`)
    const alice = await tandem.person(`alice${number}`)
    const made = await alice.calls('POST', `/containers?name=${person.id}`)
    const containerId = made.json<{ id: string }>().id
    const file = await alice.createsFile('Plan.docx', 'content', containerId)
    const cell = { tandem, alice, fileId: file.id, containerId, person }
    const token = await TOKEN_OF[row]?.(cell)
    if (token === undefined) throw new Error(`no row ${row}`)
    const hers = await tandem.editor(alice, file.id)
    if (operation.locked) expect((await hers.lock('session')).status).toBe(200)
    const before = await stateOf(cell)
    const answer = await operation.call(new Editor(tandem.url, file.id, token))
    const unchanged = JSON.stringify(await stateOf(cell)) === JSON.stringify(before)
    expect(unchanged, `${row}: a ${answer.status} that changed ${unchanged ? 'nothing' : 'something'}`).toBe(
      answer.status !== 200 || !operation.changes,
    )
    return answer.status
  }
})

/** Everything that an operation could have changed, read past all rights. */
async function stateOf({ tandem, fileId, containerId, person }: Cell): Promise<unknown> {
  const { rows } = await execute(
    tandem.databaseUrl,
    `select f.name, f.version, f.sha256, f.modified_at, f.deleted_at, l.kind, l.lock_id, l.epoch, l.expires_at is null,
       (select count(*) from file_version where file_id = f.id) as versions,
       (select count(*) from file where container_id = $2 or owner_id = $3) as files,
       (select string_agg(user_info, ',') from user_account where id in ($3, f.owner_id)) as user_info
     from file f left join file_lock l on l.file_id = f.id where f.id = $1`,
    [fileId, containerId, person.id],
  )
  return rows
}

function readTable(table: string): Record<string, Record<string, number>> {
  const [head = '', ...rows] = table.trim().split('\n')
  const words = (line: string): string[] =>
    line.slice(line.indexOf('|')).replaceAll('|', ' ').trim().split(/ +/)
  const operations = words(head)
  return Object.fromEntries(
    rows.map((row) => [
      row.slice(0, row.indexOf('|')).trim(),
      Object.fromEntries(words(row).map((status, i) => [operations[i], Number(status)])),
    ]),
  )
}
