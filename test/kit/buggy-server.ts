import * as statements from '../../src/lock/lock.statements.js'
import { LockService, type Admission, type LockOutcome } from '../../src/lock/lock.service.js'

/**
 * The server with one of the classic lock bugs put in, so that the linearizability test can prove that it would find
 * them. `SEEDED_BUG`: `now` (expiry judged by the start of the transaction), `read-then-write` (no row lock between
 * the look and the change), `two-step-relock` (UnlockAndRelock as Unlock and then Lock), `coauth-by-snapshot` (coauth
 * locks looked for in their table, which a statement sees as it was before its wait for the row lock).
 */
function plant(bug: string | undefined): void {
  switch (bug) {
    case 'now':
      rewrite((sql) => sql.replaceAll('clock_timestamp()', 'now()'))
      return
    case 'read-then-write':
      rewrite((sql) => sql.replace(/for no key update(?! skip locked)|for share/g, ''))
      return
    case 'coauth-by-snapshot':
      rewrite((sql) =>
        sql.replace(
          'now < coauth_until',
          'exists (select from coauth_lock c where c.file_id = seen.file_id and c.expires_at > now)',
        ),
      )
      return
    case 'two-step-relock':
      LockService.prototype.unlockAndRelock = async function (
        this: LockService,
        fileId: string,
        oldLockId: string,
        lockId: string,
        by: Admission,
      ): Promise<LockOutcome | undefined> {
        const unlocked = await this.unlock(fileId, oldLockId, by)
        return unlocked?.granted ? this.lock(fileId, lockId, by) : unlocked
      }
      return
    default:
      throw new Error(`SEEDED_BUG=${String(bug)} is none`)
  }
}

function rewrite(change: (sql: string) => string): void {
  for (const value of Object.values(statements)) {
    const changed = change(value.text)
    if (changed !== value.text) Object.assign(value, { text: changed })
  }
}

plant(process.env['SEEDED_BUG'])
await import('../../src/main.js')
