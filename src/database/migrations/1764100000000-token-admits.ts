import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * "May this token do that to this file, now?" as a function, so that a statement which changes something can ask in
 * the same breath: a lock operation costs one trip to the database instead of two.
 */
export class TokenAdmits1764100000000 implements MigrationInterface {
  name = 'TokenAdmits1764100000000'

  async up(runner: QueryRunner): Promise<void> {
    // Stable, so that PostgreSQL asks once, before it takes any row lock.
    await runner.query(`
      create function token_admits(token_id text, person text, object text, needed_rank int)
        returns boolean language plpgsql stable as $$
        begin
          return exists (
            select from access_token t
            join user_account u on u.id = t.user_id and u.disabled_at is null
            join file f on f.id = t.resource_id and f.deleted_at is null
            join container c on c.id = f.container_id
            where t.jti = token_id and t.user_id = person and t.resource_kind = 'file' and t.resource_id = object
              and t.mode = 'edit' and t.revoked_at is null and t.expires_at > clock_timestamp()
              and (needed_rank = 0 or rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) >= needed_rank));
        end $$`)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}
