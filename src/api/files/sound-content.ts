import { Injectable } from '@nestjs/common'
import type { FileId } from '../../ids/ids.js'
import { BlobStore, type StoredBlob } from '../../storage/blobs/blob-store.js'
import type { FileVersion } from '../../storage/versions/file-version.entity.js'
import { ContentDamaged } from '../../storage/storage-errors.js'
import { VersionService } from '../../storage/versions/version.service.js'
import type { ApiUser } from '../../auth/api-user.js'
import type { LongBody } from '../../http/answer.js'
import { Downloads } from '../../http/downloads.js'
import { ApiProblem } from '../http/api-problem.js'

/** So many contents are read to find one that is whole: a disk that lost them all must not be read for hours. */
const MAX_LOOKED_AT = 20
const PAGE = 100

/** What a damaged content belongs to; with a version, only older ones can take its place. */
export interface Belonging {
  readonly fileId: FileId
  readonly version?: string
}

/** As a row of a version or recovery item has it. */
export function contentOf(row: Pick<FileVersion, 'blob' | 'size' | 'sha256'>): StoredBlob {
  return { blob: row.blob, size: Number(row.size), sha256: row.sha256 }
}

/** Contents that people get, or that are made a head: only what is what was saved, else the caller is told what still is. */
@Injectable()
export class SoundContent {
  constructor(
    private readonly blobs: BlobStore,
    private readonly versions: VersionService,
    private readonly downloads: Downloads,
  ) {}

  /** As one of the caller's downloads. @throws ApiProblem content-damaged, 500; TooManyDownloads */
  download(caller: ApiUser, content: StoredBlob, of: Belonging): Promise<Buffer | LongBody> {
    return this.downloads.body({ person: caller.id }, () => this.read(content, of))
  }

  private async read(content: StoredBlob, of: Belonging): Promise<Buffer | AsyncIterable<Buffer>> {
    try {
      return await this.blobs.read(content)
    } catch (error) {
      throw await this.problem(error, of, 500)
    }
  }

  /** Before it becomes a head; reads it, so not to be called in a transaction. @throws ApiProblem content-damaged, 409 */
  async require(content: StoredBlob, of: Belonging): Promise<StoredBlob> {
    try {
      return { ...content, kind: await this.blobs.verify(content) }
    } catch (error) {
      throw await this.problem(error, of, 409)
    }
  }

  private async problem(error: unknown, of: Belonging, status: 409 | 500): Promise<unknown> {
    if (!(error instanceof ContentDamaged)) return error
    const lastGoodVersion = await this.lastGood(of)
    const instead =
      lastGoodVersion === null
        ? 'and no older version was found that is whole'
        : `version ${lastGoodVersion} is the last that is whole`
    const detail = `The stored bytes are missing or not what was saved; ${instead}.`
    return new ApiProblem('content-damaged', detail, { lastGoodVersion }, status)
  }

  private async lastGood({ fileId, version }: Belonging): Promise<string | null> {
    const seen = new Set<string>()
    let before = version
    for (;;) {
      const page = await this.versions.list(fileId, 'all', { before, limit: PAGE })
      for (const one of page) {
        if (seen.has(one.blob)) continue
        if (seen.size >= MAX_LOOKED_AT) return null
        seen.add(one.blob)
        if (await this.isGood(one)) return one.version
      }
      before = page.at(-1)?.version
      if (page.length < PAGE) return null
    }
  }

  private async isGood({ blob, size, sha256 }: FileVersion): Promise<boolean> {
    return this.blobs.ensureGood({ blob, size: Number(size), sha256 }).then(
      () => true,
      () => false,
    )
  }
}
