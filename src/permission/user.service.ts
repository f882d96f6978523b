import { Injectable } from '@nestjs/common'
import { Database, type Queryable, type Statement } from '../database/database.js'

interface Profile {
  readonly id: string
  readonly displayName: string
  readonly principalName: string | null
  readonly groups: readonly string[]
}

// Writes only when something changed, so that a busy caller costs reads.
const REMEMBER: Statement<{ disabled: boolean }> = {
  name: 'remember-user',
  text: `
    with known as (
      insert into user_account (id, display_name, principal_name, groups) values ($1, $2, $3, $4)
      on conflict (id) do update
        set display_name = excluded.display_name, principal_name = excluded.principal_name, groups = excluded.groups
        where (user_account.display_name, user_account.principal_name, user_account.groups)
          is distinct from (excluded.display_name, excluded.principal_name, excluded.groups)
      returning disabled_at
    )
    select disabled_at is not null as disabled from known
    union all
    select disabled_at is not null from user_account where id = $1
    limit 1`,
}

const INTRODUCE: Statement<Record<string, never>> = {
  name: 'introduce-user',
  text: `insert into user_account (id, display_name) values ($1, $1) on conflict (id) do nothing`,
}

const WELCOME: Statement<Record<string, never>> = {
  name: 'user-welcome',
  text: `select from user_account where id = $1 and disabled_at is null`,
}

const KNOWN: Statement<Record<string, never>> = {
  name: 'user-known',
  text: `select from user_account where id = $1`,
}

const PUT_USER_INFO: Statement<Record<string, never>> = {
  name: 'put-user-info',
  text: `update user_account set user_info = $2 where id = $1`,
}

/** The people Tandem has met. They come from the identity provider; Tandem only remembers what it needs. */
@Injectable()
export class UserService {
  constructor(private readonly database: Database) {}

  /** @returns false when the account is disabled, which is done in the database: there is no call for it */
  async remember(profile: Profile): Promise<boolean> {
    // No row: another first call has just written the same profile, which this statement's snapshot could not see.
    const disabled = (await this.rememberOnce(profile)) ?? (await this.rememberOnce(profile))
    return disabled === false
  }

  private async rememberOnce({
    id,
    displayName,
    principalName,
    groups,
  }: Profile): Promise<boolean | undefined> {
    const [row] = await this.database.query(REMEMBER, [id, displayName, principalName, groups])
    return row?.disabled
  }

  /** Still so, while something that he began goes on? */
  async isStillWelcome(id: string): Promise<boolean> {
    return (await this.database.query(WELCOME, [id])).length === 1
  }

  /** Has Tandem met this person, welcome or not? */
  async isKnown(on: Queryable, id: string): Promise<boolean> {
    return (await on.query(KNOWN, [id])).length === 1
  }

  /** Makes sure there is an account, for somebody who was named before his first call. */
  async introduce(on: Queryable, id: string): Promise<void> {
    await on.query(INTRODUCE, [id])
  }

  /** Stores what an editor wants to remember about its user (WOPI.md §8.4). */
  async putUserInfo(id: string, userInfo: string): Promise<void> {
    await this.database.query(PUT_USER_INFO, [id, userInfo])
  }
}
