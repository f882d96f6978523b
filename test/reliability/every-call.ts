import type { Person, RestAnswer } from '../kit/people.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'

export interface TimedAnswer {
  readonly call: string
  readonly status: number
  readonly retryAfter: string | undefined
  readonly ms: number
}

/** Every WOPI and REST operation once, all at the same time, each well-formed. */
export async function everyCall(
  editor: Editor,
  person: Person,
  versionOfFile: string,
): Promise<TimedAnswer[]> {
  const calls: Record<string, () => Promise<WopiAnswer | RestAnswer>> = {
    ...wopiCalls(editor),
    ...restCalls(person, editor.fileId, versionOfFile),
  }
  return Promise.all(Object.entries(calls).map(([name, call]) => timed(name, call)))
}

export async function timed(
  call: string,
  work: () => Promise<WopiAnswer | RestAnswer>,
): Promise<TimedAnswer> {
  const start = performance.now()
  const { status, headers } = await work()
  const retryAfter = headers['retry-after']
  return {
    call,
    status,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    ms: performance.now() - start,
  }
}

function wopiCalls(editor: Editor): Record<string, () => Promise<WopiAnswer>> {
  return {
    CheckFileInfo: () => editor.checkFileInfo(),
    GetFile: () => editor.getFile(),
    PutFile: () => editor.putFile('never to be seen', 'L'),
    Lock: () => editor.lock('L'),
    UnlockAndRelock: () => editor.unlockAndRelock('L', 'M'),
    RefreshLock: () => editor.refreshLock('L'),
    Unlock: () => editor.unlock('L'),
    GetLock: () => editor.getLock(),
    'PutRelativeFile, suggested': () =>
      editor.putRelativeFile('never to be seen', { 'X-WOPI-SuggestedTarget': '.docx' }),
    'PutRelativeFile, exact': () =>
      editor.putRelativeFile('never to be seen', { 'X-WOPI-RelativeTarget': 'copy.docx' }),
    RenameFile: () => editor.renameFile('other', { 'X-WOPI-Lock': 'L' }),
    DeleteFile: () => editor.deleteFile(),
    PutUserInfo: () => editor.putUserInfo('info'),
  }
}

function restCalls(
  person: Person,
  fileId: string,
  version: string,
): Record<string, () => Promise<RestAnswer>> {
  const file = `/files/${fileId}`
  const item = `${file}/recovery-items/${'0'.repeat(32)}`
  const table: ['GET' | 'POST' | 'PUT' | 'DELETE', string, unknown?, Record<string, string>?][] = [
    ['GET', '/files'],
    ['POST', '/files?name=new.docx', 'never to be seen'],
    ['GET', file],
    ['DELETE', `${file}?force=true`],
    ['GET', `${file}/content`],
    ['PUT', `${file}/content`, 'never to be seen', { 'If-Match': `"${version}"` }],
    ['GET', `${file}/versions`],
    ['GET', `${file}/versions/${version}/content`],
    ['POST', `${file}/versions/${version}/restore`],
    ['GET', `${file}/grants`],
    ['PUT', `${file}/grants/user:bob`, { role: 'viewer' }],
    ['DELETE', `${file}/grants/user:bob`],
    ['POST', `${file}/access-tokens`, { mode: 'edit' }],
    ['POST', `${file}/exclusive-lock`, { reason: 'maintenance', ttlSeconds: 60 }],
    ['DELETE', `${file}/exclusive-lock`],
    ['GET', `${file}/recovery-items`],
    ['GET', `${item}/content`],
    ['POST', `${item}/restore`],
    ['POST', `${item}/save-copy`],
    ['DELETE', item],
    ['GET', '/containers'],
    ['POST', '/containers?name=new'],
    ['GET', '/containers/root'],
  ]
  return Object.fromEntries(
    table.map(([method, path, body, headers]) => [
      `${method} ${path}`,
      () => person.calls(method, path, body, headers),
    ]),
  )
}
