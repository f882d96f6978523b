import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a refused save was based on, and whether it came back under another name. */
export class OriginOfRefusedSaves1764951000000 implements MigrationInterface {
  name = 'OriginOfRefusedSaves1764951000000'
  readonly oldestRelease = '0.1.0'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ORIGIN_OF_REFUSED_SAVES) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const ORIGIN_OF_REFUSED_SAVES = [
  // The contents that somebody who holds an edit token was given: `told` by CheckFileInfo, `read` with the bytes.
  `create table version_given (
    jti text primary key references access_token on delete cascade,
    told_version bigint not null,
    told_modified_at text not null,
    read_version bigint,
    read_modified_at text
  ) with (fillfactor = 50)`,

  // Null: nobody knows. A release before this one always writes the head's.
  `alter table recovery_item alter column base_version drop not null`,
  // returned_version: what the editor kept as well came back as this version; unchanged, or with more in it.
  `alter table recovery_item
    add column base_modified_at text,
    add column token_id text,
    add column family text,
    add column exit_save boolean not null default false,
    add column returned_version bigint,
    add column returned_unchanged boolean`,
  // Asked by every save, nearly always in vain.
  `create index recovery_item_may_return on recovery_item (file_id) where exit_save and returned_version is null`,
  // The values are a type of the program; each new one would need the whole table to be looked through.
  `alter table file_version drop constraint if exists file_version_flag_check`,
]
