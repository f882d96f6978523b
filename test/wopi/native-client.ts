import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'

export interface CoauthRow {
  readonly CoauthLockId: string
  readonly CoauthLockMetadata: string
  readonly CoauthLockType: string
  readonly UserFriendlyName: string
  readonly CoauthLockTime: number
}

export type CoauthType = 'Coauth' | 'CoauthExclusive'

/** The coauth calls of a native client (WOPI.md §12). Knows no rules: a header given here takes the place of the usual one. */
export class NativeClient {
  constructor(
    readonly editor: Editor,
    readonly lockId: string,
  ) {}

  get(type: CoauthType = 'Coauth', headers: Headers = {}, body?: string): Promise<WopiAnswer> {
    const usual = { 'X-WOPI-CoauthLockId': this.lockId, 'X-WOPI-CoauthLockType': type, ...TIMEOUT }
    return this.editor.operation('GET_COAUTH_LOCK', given({ ...usual, ...headers }), body)
  }
  refresh(headers: Headers = {}, body?: string): Promise<WopiAnswer> {
    const usual = { 'X-WOPI-CoauthLockId': this.lockId, ...TIMEOUT }
    return this.editor.operation('REFRESH_COAUTH_LOCK', given({ ...usual, ...headers }), body)
  }
  unlock(headers: Headers = {}): Promise<WopiAnswer> {
    return this.editor.operation(
      'UNLOCK_COAUTH_LOCK',
      given({ 'X-WOPI-CoauthLockId': this.lockId, ...headers }),
    )
  }
  table(knownVersion?: string): Promise<WopiAnswer> {
    const known = knownVersion === undefined ? {} : { 'X-WOPI-CoauthTableVersion': knownVersion }
    return this.editor.operation('GET_COAUTH_TABLE', known)
  }
}

const TIMEOUT = { 'X-WOPI-CoauthLockExpirationTimeout': '60' }

export const ABSENT = '(absent)'

function given(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ABSENT))
}

export function rowsOf(answer: WopiAnswer): CoauthRow[] {
  return answer.json<{ CoauthTable: CoauthRow[] }>().CoauthTable
}

export function tableVersionOf(answer: WopiAnswer): string {
  const version = answer.headers['x-wopi-coauthtableversion']
  if (typeof version !== 'string' || version === '') throw new Error('no table version')
  return version
}
