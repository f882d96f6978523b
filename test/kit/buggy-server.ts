import { Presence } from '../../src/coauth-status/presence.js'
import type { FileId, LockId } from '../../src/ids/ids.js'
import * as lateStatements from '../../src/lock/late-lock.statements.js'
import * as statements from '../../src/lock/lock.statements.js'
import { LockService, type Authorization } from '../../src/lock/lock.service.js'
import type { LockOutcome } from '../../src/lock/lock-state.js'
import { ARE_OWN } from '../../src/storage/files/save-chain.js'
import { SaveAdmission, type SaveAdmitted, type SaveInHand } from '../../src/saving/save-admission.js'
import { SaveAtOnce } from '../../src/saving/save-at-once.js'

const { SEEDED_BUG, PRESENCE } = process.env

/**
 * The server with one of the classic lock bugs put in, so that the linearizability test can prove that it would find
 * them. `SEEDED_BUG`: `now` (expiry judged by the start of the transaction), `read-then-write` (no row lock between
 * the look and the change), `two-step-relock` (UnlockAndRelock as Unlock and then Lock), `coauth-by-snapshot` (coauth
 * locks looked for in their table, which a statement sees as it was before its wait for the row lock); and of ADR 21:
 * `retake-on-any-base`, `retake-without-lock`, `own-in-any-epoch`, `late-refresh-of-any-id`,
 * `late-refresh-of-the-dead`, `late-refresh-in-vain`, `late-unlock-of-any-id`.
 */
function plant(bug: string): void {
  switch (bug) {
    case 'retake-on-any-base': {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
      const { judge } = SaveAdmission.prototype
      SaveAdmission.prototype.judge = function (tx, save: SaveInHand): Promise<SaveAdmitted> {
        if (save.lock.kind !== 'none') return judge.call(this, tx, save)
        const headers = { ...save.headers, baseTimestamp: save.head.modifiedAt }
        return judge.call(this, tx, { ...save, headers })
      }
      return
    }
    case 'retake-without-lock':
      Object.assign(SaveAdmission.prototype, {
        takeAgain: () => Promise.resolve({ admitted: true, lockEpoch: undefined }),
      })
      return
    case 'own-in-any-epoch':
      Object.assign(ARE_OWN, { text: ARE_OWN.text.replace('v.lock_epoch = $4', '$4::text is not null') })
      return
    case 'late-refresh-of-any-id':
      rewrite((sql) => sql.replace('or lock_id <> $5', 'or $5::text is null'))
      return
    case 'late-refresh-of-the-dead':
      rewrite((sql) => sql.replace("live_kind <> 'wopi' or", "kind <> 'wopi' or"))
      return
    case 'late-refresh-in-vain':
      rewrite((sql) => sql.replace('when $7::boolean and', 'when not $7::boolean and'))
      return
    case 'late-unlock-of-any-id':
      rewrite((sql) =>
        sql.replace("and lock_id = $5 then 'release'", "and $5::text is not null then 'release'"),
      )
      return
    case 'now':
      rewrite((sql) => sql.replaceAll('clock_timestamp()', 'now()'))
      return
    case 'read-then-write':
      rewrite((sql) => sql.replace(/for no key update(?! skip locked)|for share/g, ''))
      return
    case 'coauth-by-snapshot':
      rewrite((sql) =>
        sql.replace(
          'expires_at, coauth_until,',
          'expires_at, (select max(c.expires_at) from coauth_lock c where c.file_id = seen.file_id),',
        ),
      )
      return
    case 'two-step-relock':
      LockService.prototype.unlockAndRelock = async function (
        this: LockService,
        fileId: FileId,
        oldLockId: LockId,
        lockId: LockId,
        by: Authorization,
      ): Promise<LockOutcome | undefined> {
        const unlocked = await this.unlock(fileId, oldLockId, by)
        return unlocked?.granted ? this.lock(fileId, lockId, by) : unlocked
      }
      return
    default:
      throw new Error(`SEEDED_BUG=${bug} is none`)
  }
}

function rewrite(change: (sql: string) => string): void {
  const all = [...Object.values(statements), ...Object.values(lateStatements)]
  const planted = all.filter((statement) => {
    const text = change(statement.text)
    if (text === statement.text) return false
    Object.assign(statement, { text })
    return true
  })
  if (planted.length === 0) throw new Error(`SEEDED_BUG=${String(SEEDED_BUG)} has no place in the statements`)
}

if (SEEDED_BUG !== undefined) {
  plant(SEEDED_BUG)
  // The bugs are in the statements of locks and in what judges a save step by step; every save goes that way then.
  SaveAtOnce.prototype.save = () => Promise.resolve(undefined)
}
// Who is there stays as the test has it: what is seen is noted at times that no history tells.
if (PRESENCE === 'still') Presence.prototype.record = () => undefined
await import('../../src/main.js')
