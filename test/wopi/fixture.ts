import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { issuedFor, jtiOf, type EditorPage } from '../kit/editor-tokens.js'
import type { FileView, Person, Role } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor, Place } from '../kit/wopi.js'

export interface LogLine {
  readonly level: number
  readonly event?: string
  readonly status?: number
  readonly code?: string
  readonly reason?: string
  readonly fileId?: string
  readonly lockId?: string
  readonly correlationId?: string
}

export interface Opening {
  readonly who?: string
  readonly mode?: 'edit' | 'view'
  /** What alice, whose file it is, lets `who` do. */
  readonly role?: Role
  readonly name?: string
  /** The editor in whose page it opens. */
  readonly page?: EditorPage
}

/** One Tandem for all tests of a file, with alice's files, and a check that none of its tokens was ever logged. */
export class Fixture {
  private running: Tandem | undefined
  readonly secrets = new Set<string>()
  private names = 0

  constructor(private readonly env: Readonly<Record<string, string>>) {}

  get tandem(): Tandem {
    if (!this.running) throw new Error('the fixture is not set')
    return this.running
  }

  async set(): Promise<void> {
    this.running = await Tandem.start(inject('postgres'), { env: this.env })
  }

  async clear(): Promise<void> {
    await this.running?.stop()
  }

  async person(who: string): Promise<Person> {
    const person = await this.tandem.person(who)
    this.secrets.add(person.bearer)
    return person
  }

  async newFile(content: Buffer | string, name = `Plan ${++this.names}.docx`): Promise<FileView> {
    return (await this.person('alice')).createsFile(name, content)
  }

  /** Somebody's editor on a new file of alice's. */
  async open(content: Buffer | string, opening: Opening = {}): Promise<Editor> {
    return this.join(await this.newFile(content, opening.name), opening)
  }

  /** Somebody's editor on the file of another editor. */
  async join(
    file: { readonly id: string } | Editor,
    { who = 'alice', mode = 'edit', role, page }: Opening = {},
  ): Promise<Editor> {
    const fileId = file instanceof Editor ? file.fileId : file.id
    const person = await this.person(who)
    if (role) await (await this.person('alice')).grants(fileId, `user:${who}`, role)
    const token = await person.opens(fileId, mode)
    const here = page ? await issuedFor(this.tandem.dataDir, token, page) : token
    return this.knows(new Editor(this.tandem.url, fileId, here))
  }

  /** The editor that a returned Url opens. */
  follow(url: string): Editor {
    const { origin, pathname, searchParams } = new URL(url)
    const fileId = /^\/wopi\/files\/([^/]+)$/.exec(pathname)?.[1]
    if (fileId === undefined) throw new Error(`no WOPISrc: ${url}`)
    return this.knows(new Editor(origin, fileId, searchParams.get('access_token') ?? ''))
  }

  /** What a returned Url leads to, whatever it is. */
  goTo(url: string): Place {
    const place = new Place(url)
    this.secrets.add(place.token)
    return place
  }

  /** A new container of alice's, and somebody's token for it. */
  async folder({ who = 'alice', mode = 'edit', role, name }: Opening = {}): Promise<Place> {
    const alice = await this.person('alice')
    const named = name ?? `Folder ${++this.names}`
    const made = await alice.calls('POST', `/containers?name=${encodeURIComponent(named)}`)
    const { id } = made.json<{ id: string }>()
    if (role) await alice.calls('PUT', `/containers/${id}/grants/user:${who}`, { role })
    return this.enter(id, { who, mode })
  }

  /** Somebody's token for a container that is there. */
  async enter(containerId: string, { who = 'alice', mode = 'edit' }: Opening = {}): Promise<Place> {
    const person = await this.person(who)
    const answer = await person.calls('POST', `/containers/${containerId}/access-tokens`, { mode })
    const { accessToken, wopiSrc } = answer.json<{ accessToken: string; wopiSrc: string }>()
    return this.goTo(`${wopiSrc}?access_token=${accessToken}`)
  }

  /** Somebody's token for the ecosystem. */
  async ecosystem(who = 'alice'): Promise<Place> {
    const root = await this.enter('root', { who, mode: 'view' })
    return this.goTo((await root.get('/ecosystem_pointer')).json<{ Url: string }>().Url)
  }

  sql(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return execute(this.tandem.databaseUrl, statement, values).then(
      (result) => result.rows as Record<string, unknown>[],
    )
  }

  /** Moves a lock's expiry to `seconds` from now, by the database's clock. */
  async lockExpiresIn(editor: Editor, seconds: number): Promise<void> {
    const moved = await this.sql(
      `update file_lock set expires_at = clock_timestamp() + $2::float8 * interval '1 s'
       where file_id = $1 and kind <> 'none' returning 1`,
      [editor.fileId, seconds],
    )
    expect(moved).toHaveLength(1)
  }

  /** Ends a token as an administrator or its time would have, so many seconds ago; `column`: which of the two. */
  async tokenEnded({ token }: Editor, column: 'revoked_at' | 'expires_at', secondsAgo = 1): Promise<void> {
    const ended = await this.sql(
      `update access_token set ${column} = clock_timestamp() - $2::float8 * interval '1 s' where jti = $1 returning 1`,
      [jtiOf(token), secondsAgo],
    )
    expect(ended).toHaveLength(1)
  }

  /** Until co-authoring status knows that this one is there. */
  async isSeen({ token }: Editor): Promise<void> {
    await vi.waitFor(async () => {
      const rows = await this.sql(`select from coauth_participant where jti = $1 and left_at is null`, [
        jtiOf(token),
      ])
      expect(rows).toHaveLength(1)
    }, 10_000)
  }

  /** Seconds until the lock expires. */
  async lockLivesFor(editor: Editor): Promise<number> {
    const [row] = await this.sql(
      `select extract(epoch from expires_at - clock_timestamp())::float8 as left from file_lock where file_id = $1`,
      [editor.fileId],
    )
    return Number(row?.['left'])
  }

  lines(): LogLine[] {
    return this.tandem.log.map((line) => JSON.parse(line) as LogLine)
  }

  /** The log line that `matches`, as soon as it is there. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    return vi.waitFor(
      () => {
        const found = this.lines().find(matches)
        if (!found) throw new Error('not logged')
        return found
      },
      { timeout: 15_000, interval: 20 },
    )
  }

  /** How many blobs lie on the disk. */
  async blobs(): Promise<number> {
    const names = await readdir(join(this.tandem.dataDir, 'blobs'), { recursive: true })
    return names.filter((name) => name.includes('/')).length
  }

  /** @returns what waits until one more body than now is being written to the disk */
  async nextUpload(): Promise<() => Promise<void>> {
    const before = await this.blobs()
    return () =>
      vi.waitFor(async () => expect(await this.blobs()).toBeGreaterThan(before), { timeout: 15_000 })
  }

  private knows(editor: Editor): Editor {
    this.secrets.add(editor.token)
    return editor
  }

  /** Register this last in a test file. */
  leavesNoTokenInTheLog(): void {
    it('L-01: leaves no access token and no bearer in the log, nor a part of one', () => {
      expect(this.secrets.size).toBeGreaterThan(1)
      expect(this.tandem.log.length).toBeGreaterThan(0)
      const log = this.tandem.log.join('')
      for (const secret of this.secrets) {
        const [, payload = '', signature = ''] = secret.split('.')
        expect(signature.length).toBeGreaterThan(20)
        expect(log.includes(signature)).toBe(false)
        expect(log.includes(payload)).toBe(false)
      }
    })
  }
}

export function useFixture(env: Readonly<Record<string, string>> = {}): Fixture {
  const fixture = new Fixture(env)
  beforeAll(() => fixture.set())
  afterAll(() => fixture.clear())
  return fixture
}
