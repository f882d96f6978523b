import { Injectable } from '@nestjs/common'
import type { Statement, Tx } from '../../database/database.js'
import type { TokenId } from '../../ids/ids.js'

/** $1 jti, $2 the head's version */
const REMEMBER: Statement<Record<string, never>, [TokenId, string]> = {
  name: 'remember-save-conflict',
  text: `update access_token set refused_at = clock_timestamp(), refused_version = $2 where jti = $1`,
}

/** $1 jti, $2 ms that it may be ago */
const LATEST: Statement<{ version: string }, [TokenId, number]> = {
  name: 'latest-save-conflict',
  text: `
    select refused_version as version from access_token
    where jti = $1 and refused_at > clock_timestamp() - $2::float8 * interval '1 ms'`,
}

/** So long people take to read what their editor asks them, and to choose. */
const CHOOSES_WITHIN_MS = 600_000

/** The latest 409 that a token got for a PutFile: by it a later call is known for its user's choice. */
@Injectable()
export class SaveConflicts {
  async remember(tx: Tx, tokenId: TokenId, headVersion: string): Promise<void> {
    await tx.query(REMEMBER, [tokenId, headVersion])
  }

  /** @returns the version that the head had, if it was in the last ten minutes */
  async latest(tx: Tx, tokenId: TokenId): Promise<string | undefined> {
    const [row] = await tx.query(LATEST, [tokenId, CHOOSES_WITHIN_MS])
    return row?.version
  }
}
