import type { CoauthStatus } from '../../src/coauth-status/status.js'
import { execute } from '../kit/postgres.js'
import type { Tandem } from '../kit/tandem.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'

export const LOCK = '{"S":"b1946ac9-2492-4d23-8e1b-3f1a7e6e0f11","F":4}'

/** What REST says about the file, asked by its owner, alice. */
export async function statusOf(tandem: Tandem, fileId: string, at = tandem): Promise<CoauthStatus> {
  const owner = await at.person('alice')
  const answer = await owner.calls('GET', `/files/${fileId}/coauth-status`)
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString()}`)
  return answer.json<CoauthStatus>()
}

/** Opens the file as an editor service does for one of its users: CheckFileInfo, then Lock. */
export async function join(editor: Editor, lockId: string = LOCK): Promise<void> {
  expectStatus(await editor.checkFileInfo(), 200)
  expectStatus(await editor.lock(lockId), 200)
}

/** What the page around an editor tells. */
export function tells(editor: Editor, event: string): Promise<WopiAnswer> {
  return editor.call('POST', `/presence/${event}`)
}

export function seat(editors: Readonly<Record<string, Editor>>, user: string): Editor {
  const editor = editors[user]
  if (!editor) throw new Error(`${user} has no editor`)
  return editor
}

export function expectStatus(answer: WopiAnswer, status: number): WopiAnswer {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}`)
  return answer
}

/** Lets time pass for a file's session: everything that is stored about it becomes older, its lock too. */
export async function age(tandem: Tandem, fileId: string, seconds: number): Promise<void> {
  const older = (columns: readonly string[]): string =>
    columns.map((column) => `${column} = ${column} - interval '${seconds} seconds'`).join(', ')
  await statusOf(tandem, fileId)
  await execute(
    tandem.databaseUrl,
    `update coauth_session set ${older(['started_at', 'last_activity_at', 'ended_at', 'unsaved_since', 'saved_at', 'failing_since'])}
     where file_id = '${fileId}'`,
  )
  await execute(
    tandem.databaseUrl,
    `update coauth_participant set ${older(['joined_at', 'last_seen_at', 'checked_at', 'edited_at', 'left_at', 'refused_at', 'conflicted_at', 'coauth_until'])}
     where session_id in (select id from coauth_session where file_id = '${fileId}')`,
  )
  await execute(tandem.databaseUrl, `update file set ${older(['modified_at'])} where id = '${fileId}'`)
  await ageLock(tandem, fileId, seconds)
}

export async function ageLock(tandem: Tandem, fileId: string, seconds: number): Promise<void> {
  await execute(
    tandem.databaseUrl,
    `update file_lock set refreshed_at = refreshed_at - interval '${seconds} seconds',
       expires_at = expires_at - interval '${seconds} seconds',
       coauth_until = coauth_until - interval '${seconds} seconds' where file_id = '${fileId}'`,
  )
  await execute(
    tandem.databaseUrl,
    `update coauth_lock set acquired_at = acquired_at - interval '${seconds} seconds',
       refreshed_at = refreshed_at - interval '${seconds} seconds',
       expires_at = expires_at - interval '${seconds} seconds' where file_id = '${fileId}'`,
  )
}
