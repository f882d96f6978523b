import type { Statement, Tx } from '../../database/database.js'
import type { FileId, TokenId } from '../../ids/ids.js'

/** A save that is about to be accepted. */
export interface ComingBack {
  readonly fileId: FileId
  readonly family: string
  readonly tokenId: TokenId
  readonly isExitSave: boolean
  readonly sha256: string
  /** That it will be. */
  readonly version: string
}

/**
 * ONLYOFFICE keeps what was refused at the end of a session, and saves it at the next opening, with the token of
 * whoever opens; Collabora does so with what it has in its cache. So of the saves of one product the first that comes
 * after a refused exit save brings it back. The same session that tries again has the same token.
 * $1 file, $2 family, $3 token, $4 exit save, $5 sha256, $6 version
 */
const RETURN: Statement<
  { unchanged: boolean; again: boolean },
  [FileId, string, TokenId, boolean, string, string]
> = {
  name: 'return-refused-saves',
  text: `
    update recovery_item set returned_version = $6, returned_unchanged = sha256 = $5
    where file_id = $1 and family = $2 and exit_save and returned_version is null
      and not (token_id = $3 and $4::boolean and sha256 <> $5)
    returning returned_unchanged as unchanged, token_id = $3 and $4::boolean as again`,
}

/**
 * Notes on the refused saves that they came back with this one.
 * @returns undefined where it brings nothing back under another name
 */
export async function takeBack(tx: Tx, save: ComingBack): Promise<'unchanged' | 'changed' | undefined> {
  const { fileId, family, tokenId, isExitSave, sha256, version } = save
  const rows = await tx.query(RETURN, [fileId, family, tokenId, isExitSave, sha256, version])
  const returned = rows.filter(({ again }) => !again)
  if (returned.length === 0) return undefined
  return returned.some(({ unchanged }) => unchanged) ? 'unchanged' : 'changed'
}
