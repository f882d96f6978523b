import { Injectable } from '@nestjs/common'
import type { Statement, Tx } from '../database/database.js'
import type { TokenId } from '../ids/ids.js'
import { Presence } from './presence.js'
import type { GivenVersion } from './session/session.js'

/** The contents that an access token was given last, if any. */
export interface LastGiven {
  /** By CheckFileInfo at least. */
  readonly told: GivenVersion | undefined
  /** With its bytes: by GetFile, or by a save of its own. */
  readonly read: GivenVersion | undefined
}

interface GivenRow {
  readonly told_version: string
  readonly told_modified_at: string
  readonly read_version: string | null
  readonly read_modified_at: string | null
}

/** $1 jti */
const GIVEN_TO: Statement<GivenRow, [TokenId]> = {
  name: 'version-given',
  text: `select told_version, told_modified_at, read_version, read_modified_at from version_given where jti = $1`,
}

/** What a save can be based on: the contents that its token was given. */
@Injectable()
export class GivenVersions {
  constructor(private readonly presence: Presence) {}

  /** Counts what this process has not written yet. */
  async to(tx: Tx, jti: TokenId): Promise<LastGiven> {
    const noted = this.presence.givenLately(jti)
    const [row] = await tx.query(GIVEN_TO, [jti])
    const stored = row ? storedIn(row) : []
    return { told: newest([...stored, ...noted]), read: newest([...stored, ...noted].filter(isRead)) }
  }
}

function storedIn(row: GivenRow): GivenVersion[] {
  const told = { how: 'told', version: row.told_version, modifiedAt: row.told_modified_at } as const
  const { read_version: version, read_modified_at: modifiedAt } = row
  return version === null || modifiedAt === null ? [told] : [told, { how: 'read', version, modifiedAt }]
}

function isRead({ how }: GivenVersion): boolean {
  return how === 'read'
}

/** Versions only grow. */
function newest(given: readonly GivenVersion[]): GivenVersion | undefined {
  return given.reduce<GivenVersion | undefined>(
    (best, one) => (best && BigInt(best.version) >= BigInt(one.version) ? best : one),
    undefined,
  )
}
