import { Injectable } from '@nestjs/common'
import { Database, type Queryable, type Statement } from '../database/database.js'
import type { UserId } from '../ids/ids.js'
import { isOpen } from './web-session.statements.js'
import { lesserRole, type ApiRole, type ApiUser } from './api-user.js'

interface Profile {
  readonly id: UserId
  readonly displayName: string
  readonly principalName: string | null
  readonly groups: readonly string[]
  /** Of an identity provider; null where each token has a role of its own (embedded mode). */
  readonly role: ApiRole | null
  /** When all this was true, in epoch seconds; null for a token that does not say. */
  readonly factsAt: number | null
}

/** Of the person, as the newest token said. */
export interface KnownPerson {
  readonly displayName: string
  readonly principalName: string | null
  readonly role: ApiRole | null
}

interface PersonRow {
  readonly disabled: boolean
  readonly display_name: string
  readonly principal_name: string | null
  readonly api_role: ApiRole | null
}

const PERSON = 'disabled_at is not null as disabled, display_name, principal_name, api_role'

// Writes only when something changed or a newer token says the same, so that a busy caller costs reads. A right that
// the provider took away must not come back with an older token that is still good; one that does not say when it was
// issued counts as older than any that does.
const UPSERT: Statement<
  PersonRow,
  [UserId, string, string | null, readonly string[], string | null, number | null]
> = {
  name: 'remember-user',
  text: `
    with known as (
      insert into user_account (id, display_name, principal_name, groups, api_role, facts_at)
      values ($1, $2, $3, $4, $5, to_timestamp($6::float8))
      on conflict (id) do update
        set display_name = excluded.display_name, principal_name = excluded.principal_name, groups = excluded.groups,
          api_role = excluded.api_role, facts_at = excluded.facts_at
        where (user_account.facts_at is null or excluded.facts_at >= user_account.facts_at)
          and (user_account.display_name, user_account.principal_name, user_account.groups, user_account.api_role,
            user_account.facts_at)
          is distinct from (excluded.display_name, excluded.principal_name, excluded.groups, excluded.api_role,
            excluded.facts_at)
      returning ${PERSON}
    )
    select * from known
    union all
    select ${PERSON} from user_account where id = $1
    limit 1`,
}

/** $1 user, $2 hash of the browser session's cookie, or null */
const STANDING: Statement<{ api_role: ApiRole | null }, [UserId, string | null]> = {
  name: 'user-standing',
  text: `
    select api_role from user_account
    where id = $1 and disabled_at is null and ($2::text is null or exists (
      select from web_session s
      where s.cookie_hash = $2 and s.user_id = $1 and ${isOpen('clock_timestamp()')}))`,
}

const ENSURE_ACCOUNT: Statement<Record<string, never>, [UserId]> = {
  name: 'introduce-user',
  text: `insert into user_account (id, display_name) values ($1, $1) on conflict (id) do nothing`,
}

const KNOWN: Statement<Record<string, never>, [UserId]> = {
  name: 'user-known',
  text: `select from user_account where id = $1`,
}

const PUT_USER_INFO: Statement<Record<string, never>, [UserId, string]> = {
  name: 'put-user-info',
  text: `update user_account set user_info = $2 where id = $1`,
}

/** The people Tandem has met. They come from the identity provider; Tandem only remembers what it needs. */
@Injectable()
export class UserService {
  constructor(private readonly database: Database) {}

  /** @returns what is known now, which a newer token may have said; false when the account is disabled, which is done in the database: there is no call for it */
  async upsert(profile: Profile): Promise<KnownPerson | false> {
    // No row: another first call has just written the same profile, which this statement's snapshot could not see.
    const row = (await this.upsertOnce(profile)) ?? (await this.upsertOnce(profile))
    if (!row || row.disabled) return false
    return { displayName: row.display_name, principalName: row.principal_name, role: row.api_role }
  }

  private async upsertOnce(profile: Profile): Promise<PersonRow | undefined> {
    const { id, displayName, principalName, groups, role, factsAt } = profile
    const [row] = await this.database.query(UPSERT, [id, displayName, principalName, groups, role, factsAt])
    return row
  }

  /**
   * What the caller still is at this moment: the account may have been disabled, the browser signed out, or the role
   * taken away by a newer token since the call came.
   * @returns undefined when nobody is signed in by that any more
   */
  async standing(
    { id, role, webSession }: Pick<ApiUser, 'id' | 'role' | 'webSession'>,
    on: Queryable = this.database,
  ): Promise<ApiRole | undefined> {
    const [row] = await on.query(STANDING, [id, webSession ?? null])
    return row && lesserRole(role, row.api_role ?? role)
  }

  /** Has Tandem met this person, welcome or not? */
  async isKnown(on: Queryable, id: UserId): Promise<boolean> {
    return (await on.query(KNOWN, [id])).length === 1
  }

  /** Makes sure there is an account, for somebody who was named before their first call. */
  async ensureAccount(on: Queryable, id: UserId): Promise<void> {
    await on.query(ENSURE_ACCOUNT, [id])
  }

  /** Stores what an editor wants to remember about its user (WOPI.md §8.4). */
  async putUserInfo(id: UserId, userInfo: string): Promise<void> {
    await this.database.query(PUT_USER_INFO, [id, userInfo])
  }
}
