import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import type { LockId } from '../ids/ids.js'
import type { OfFile } from '../lock/lock-row.js'
import type { Admission } from '../lock/lock.statements.js'
import type { FileAccess } from '../permission/access.service.js'
import type { ComparedBlob } from '../storage/blobs/twins.js'
import { authorizationOf } from './file-write.js'
import type { ReceivedBlob } from './received-blob.js'
import type { SaveHeaders } from './save-headers.js'
import type { Saved } from './save-outcome.js'

interface SavedRow {
  /** `repeated`: the head's blob has the same bytes and stays. */
  readonly verdict: 'saved' | 'repeated' | 'look closer'
  readonly version: string
  readonly modified_at: string
  readonly editors: readonly string[]
}

type SaveValues = [
  ...OfFile,
  ...Admission,
  string | null,
  LockId | null,
  string | null,
  SaveHeaders['family'],
  string,
  number,
  string,
  string | null,
  string | null,
  readonly string[],
  string,
]

/**
 * $1 file, $2 grace ms, $3–$5 token, user, needed rank, $6 the token's editor, $7 lock id, $8 base timestamp, $9 family,
 * $10 blob, $11 size, $12 sha256, $13 kind, $14 the head's blob if it was seen to have the same bytes, $15 claimed editors,
 * $16 correlation id
 */
const SAVE_FILE: Statement<SavedRow, SaveValues> = {
  name: 'save-file',
  text: `
    select verdict, version, modified_at, editors
    from save_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
}

/** A PutFile that is welcome: decision and write are one call of the database, durable when it answers. */
@Injectable()
export class SaveAtOnce {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  /** @returns undefined when nothing was changed, and `FileWrites` has to look closer */
  async save(
    access: FileAccess,
    headers: SaveHeaders,
    content: ComparedBlob,
    received: ReceivedBlob,
  ): Promise<Saved | undefined> {
    const { twin } = content
    // What takes the place of damaged bytes has more to do.
    if (twin?.isGood === false) return undefined
    const values = this.valuesOf(access, headers, content)
    const [row] = await this.database.serializedByFile(access.file.id, () =>
      received.named(() => this.database.query(SAVE_FILE, values)),
    )
    if (row?.verdict !== 'saved') received.letGo()
    if (!row || row.verdict === 'look closer') return undefined
    return { kind: 'saved', version: row.version, modifiedAt: row.modified_at, editors: row.editors }
  }

  private valuesOf(access: FileAccess, headers: SaveHeaders, content: ComparedBlob): SaveValues {
    const { tokenId, userId, neededRank, editor } = authorizationOf(access, { graced: false })
    return [
      access.file.id,
      this.settings.lockGraceMs,
      tokenId,
      userId,
      neededRank,
      editor ?? null,
      headers.lockId ?? null,
      headers.baseTimestamp ?? null,
      headers.family,
      content.blob,
      content.size,
      content.sha256,
      content.kind ?? null,
      content.twin?.blob ?? null,
      headers.editors,
      headers.correlationId,
    ]
  }
}
