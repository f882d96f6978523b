import type { FileId, UserId } from '../../ids/ids.js'
import type { ContentKind } from '../files/content-kind.js'
import { Column, Entity, PrimaryColumn } from 'typeorm'

export type VersionCause = 'save' | 'upload' | 'restore' | 'merge' | 'chunked'

/** Why somebody should look at a version. */
export type VersionFlag =
  | 'edits-by-revoked-user'
  /** Its author may not have typed it: an editor had kept it when it was refused to somebody else. */
  | 'after-refused-exit-save'

/** One acknowledged content of a file. Rows and blobs are never changed. */
@Entity('file_version')
export class FileVersion {
  @PrimaryColumn({ type: 'text', name: 'file_id' })
  fileId!: FileId

  @PrimaryColumn({ type: 'bigint' })
  version!: string

  @Column({ type: 'text' })
  blob!: string

  @Column({ type: 'bigint' })
  size!: string

  @Column({ type: 'text' })
  sha256!: string

  @Column({ type: 'text' })
  author!: UserId

  @Column({ type: 'text', array: true })
  editors!: string[]

  @Column({ type: 'text' })
  cause!: VersionCause

  @Column({ type: 'text', name: 'correlation_id', nullable: true })
  correlationId!: string | null

  @Column({ type: 'timestamptz' })
  at!: Date

  /** What its bytes look like (`ContentKind`); null where nobody looked. */
  @Column({ type: 'text', nullable: true })
  kind!: ContentKind | null

  /** What the bytes of the version before looked like, where that was something else. */
  @Column({ type: 'text', name: 'former_kind', nullable: true })
  formerKind!: ContentKind | null

  /** Somebody should look at it; such a version is always listed and never deleted. */
  @Column({ type: 'text', nullable: true })
  flag!: VersionFlag | null
}
