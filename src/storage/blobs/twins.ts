import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import { Logger } from '../../logging/logger.js'
import { BlobStore, type StoredBlob } from './blob-store.js'

/** A content that was received, and whether the head's blob really has the same bytes. */
export interface ComparedBlob extends StoredBlob {
  /** The blob that, by its row, has these bytes; absent when the head has others. */
  readonly twin?: { readonly blob: string; readonly isGood: boolean }
}

/** What a commit made of it. */
export interface Committed {
  /** The head's blob has these bytes, too, and stays: the one that was received is needed by nobody. */
  readonly unused: boolean
}

/** $1 damaged blob, $2 the good one, $3 size, $4 sha256 */
const REPAIR: Statement<{ repaired: number }, [string, string, number, string]> = {
  name: 'repair-twins',
  text: `
    with files as (
      update file set blob = $2 where blob = $1 and size = $3 and sha256 = $4
        and id in (select file_id from file_version where blob = $1)
      returning id
    ), versions as (
      update file_version set blob = $2 where blob = $1 and size = $3 and sha256 = $4 returning file_id
    ), items as (
      update recovery_item set blob = $2 where blob = $1 and size = $3 and sha256 = $4 returning id
    )
    select ((select count(*) from files) + (select count(*) from versions) + (select count(*) from items))::int as repaired`,
}

/** What has these bytes already, by its row. $1 file, $2 size, $3 sha256 */
const KEPT: Statement<{ blob: string }, [FileId, number, string]> = {
  name: 'kept-twins',
  text: `
    select blob from file where id = $1 and size = $2 and sha256 = $3
    union select blob from recovery_item where file_id = $1 and size = $2 and sha256 = $3 and resolved_at is null`,
}

/** In the bin, too; not when it was purged. $1 file */
const IS_THERE: Statement<{ there: boolean }, [FileId]> = {
  name: 'is-file-there',
  text: `select exists (select from file where id = $1) as there`,
}

/**
 * Contents that come again. A row is no proof that its bytes are still there: they are read and hashed before what was
 * received is thrown away for them. Where they are gone or wrong, what was received takes their place.
 */
@Injectable()
export class Twins {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly logger: Logger,
  ) {}

  /** Reads the head's bytes, if they seem to be the same: not to be called in a transaction. */
  async compare(content: StoredBlob, head: StoredBlob): Promise<ComparedBlob> {
    if (content.sha256 !== head.sha256 || content.size !== head.size) return content
    return { ...content, twin: { blob: head.blob, isGood: await this.isGood(head) } }
  }

  /** After the commit: what was received mends whatever else has the damaged blob. */
  async settle(content: ComparedBlob): Promise<void> {
    if (content.twin?.isGood === false) await this.mend(content.twin.blob, content)
  }

  /**
   * For bytes of which a row says that they are the head's or kept already. Reads them: not to be called in a transaction.
   * @param mending called before what was received takes the place of damaged bytes
   * @returns where they are safe: where they lay before, in what was received, which took the place of damaged ones, or
   *   nowhere, because what had them is gone by now, or the file itself
   */
  async safePlaceOf(
    fileId: FileId,
    content: StoredBlob,
    mending: () => void,
  ): Promise<'before' | 'received' | 'nowhere' | 'file-gone'> {
    const { size, sha256 } = content
    const rows = await this.database.query(KEPT, [fileId, size, sha256])
    let mended = 0
    for (const { blob } of rows) {
      if (await this.isGood({ blob, size, sha256 })) return 'before'
      mending()
      mended += await this.mend(blob, content)
    }
    if (mended > 0) return 'received'
    const [file] = await this.database.query(IS_THERE, [fileId])
    return file?.there ? 'nowhere' : 'file-gone'
  }

  /** Nothing depends on it: what is not mended is found damaged when it is read. */
  async mend(damaged: string, { blob, size, sha256 }: StoredBlob): Promise<number> {
    try {
      const [row] = await this.database.query(REPAIR, [damaged, blob, size, sha256])
      const repaired = row?.repaired ?? 0
      const facts = { event: 'content-repaired', damaged, blob, repaired }
      this.logger.warn(facts, 'a damaged content came again, and was replaced by what came')
      return repaired
    } catch (error) {
      this.logger.warn({ damaged, error: String(error) }, 'what else has a damaged blob could not be mended')
      return 0
    }
  }

  async isGood({ blob, size, sha256 }: StoredBlob): Promise<boolean> {
    // What cannot be read is not there, whatever the disk's reason.
    const found = await this.blobs.inspect(blob).catch(() => undefined)
    return found !== undefined && found.size === size && found.sha256 === sha256
  }
}
