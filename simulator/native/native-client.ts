import type { Answer, Call, WopiAccess, WopiClientOptions } from '../wopi-connection.js'
import { WopiConnection } from '../wopi-connection.js'
import type { ChunkedContent } from './chunked-content.js'
import { completed, joined, unknownTo } from './chunked-content.js'
import { fetchRequest, readFetched, saveRequest } from './chunked-messages.js'
import type { CoauthTable } from './coauth-table.js'
import { readTable } from './coauth-table.js'
import type { ChunkId } from './frames.js'
import type { NativeFailure, NativeOutcome } from './native-outcome.js'
import { nativeFailure, sequenceNumberIn } from './native-outcome.js'
import type { NativeFileInfo } from './plus-info.js'
import { readFileInfo } from './plus-info.js'

type KnownChunks = ReadonlyMap<ChunkId, Uint8Array>

/** A document as GetChunkedFile gave it. */
export interface Fetched {
  readonly bytes: Uint8Array
  /** With all its chunks, also those that were known before. */
  readonly content: ChunkedContent
  readonly sequenceNumber: number
  /** Bytes that came over the wire for it. */
  readonly received: number
}

export interface ChunkedSave {
  readonly content: ChunkedContent
  /** What the host holds already: these chunks stay here. */
  readonly known: KnownChunks
  /** The state of the document that the content was made from. */
  readonly sequenceNumber: number
  readonly coauthLock: string
}

export interface Saved {
  readonly sequenceNumber: number
  readonly version: string
  /** Bytes that went over the wire for it. */
  readonly sent: number
}

/** How long a coauth lock lives without a refresh: an hour at most (WOPI.md §12.3). */
export interface CoauthLockWish {
  readonly id: string
  readonly seconds: number
}

/** The calls that desktop Office makes to a CSPP Plus host (WOPI.md §12, §13). */
export class NativeClient {
  readonly #connection: WopiConnection

  constructor(options: WopiClientOptions) {
    this.#connection = new WopiConnection(options)
  }

  async checkFileInfo(access: WopiAccess): Promise<NativeOutcome<{ info: NativeFileInfo }>> {
    const answer = await this.#call({ operation: 'CheckFileInfo', access })
    if (answer.kind !== 'ok') return answer
    const info = readFileInfo(answer.body)
    return info ? { kind: 'ok', info } : wrong(answer, 'without the required properties')
  }

  /** `metadata`: what the clients have to tell each other, in any characters. */
  getCoauthLock(
    access: WopiAccess,
    wish: CoauthLockWish,
    metadata: string,
  ): Promise<NativeOutcome<CoauthTable>> {
    const headers = {
      'X-WOPI-Override': 'GET_COAUTH_LOCK',
      'X-WOPI-CoauthLockType': 'Coauth',
      ...lockHeaders(wish),
    }
    const body = Buffer.from(JSON.stringify({ CoauthLockMetadata: metadata }))
    return this.#tableCall({ operation: 'GetCoauthLock', access, headers, body })
  }

  refreshCoauthLock(access: WopiAccess, wish: CoauthLockWish): Promise<NativeOutcome<CoauthTable>> {
    const headers = { 'X-WOPI-Override': 'REFRESH_COAUTH_LOCK', ...lockHeaders(wish) }
    return this.#tableCall({ operation: 'RefreshCoauthLock', access, headers })
  }

  unlockCoauthLock(access: WopiAccess, id: string): Promise<NativeOutcome> {
    const headers = { 'X-WOPI-Override': 'UNLOCK_COAUTH_LOCK', 'X-WOPI-CoauthLockId': id }
    return this.#call({ operation: 'UnlockCoauthLock', access, headers })
  }

  /** No table: it is still the one whose version is `known`. */
  async getCoauthTable(
    access: WopiAccess,
    known: string,
  ): Promise<NativeOutcome<{ table: CoauthTable | undefined }>> {
    const headers = { 'X-WOPI-Override': 'GET_COAUTH_TABLE', 'X-WOPI-CoauthTableVersion': known }
    const answer = await this.#call({ operation: 'GetCoauthTable', access, headers })
    if (answer.kind !== 'ok') return answer
    const version = answer.header('x-wopi-coauthtableversion')
    if (answer.body.length === 0) {
      if (version?.toLowerCase() === known.toLowerCase()) return { kind: 'ok', table: undefined }
      return wrong(answer, 'without a table, of which another version was known')
    }
    const table = readTable(version, answer.body)
    return table ? { kind: 'ok', table } : wrong(answer, 'without a proper table')
  }

  async getSequenceNumber(access: WopiAccess): Promise<NativeOutcome<{ sequenceNumber: number }>> {
    const headers = { 'X-WOPI-Override': 'GET_SEQUENCE_NUMBER' }
    const answer = await this.#call({ operation: 'GetSequenceNumber', access, headers })
    if (answer.kind !== 'ok') return answer
    const sequenceNumber = sequenceNumberIn(answer.header)
    if (sequenceNumber === undefined || answer.body.length > 0) {
      return wrong(answer, 'without the number alone')
    }
    return { kind: 'ok', sequenceNumber }
  }

  async getChunkedFile(access: WopiAccess, known: KnownChunks): Promise<NativeOutcome<Fetched>> {
    const headers = { 'X-WOPI-Override': 'GET_CHUNKED_FILE' }
    const body = fetchRequest(known.keys())
    const answer = await this.#call({ operation: 'GetChunkedFile', access, headers, body })
    if (answer.kind !== 'ok') return answer
    const sequenceNumber = sequenceNumberIn(answer.header)
    if (sequenceNumber === undefined || !answer.header('x-wopi-itemversion')) {
      return wrong(answer, 'without sequence number and version')
    }
    try {
      const fetched = readFetched(answer.body)
      const content = completed(fetched, known)
      return { kind: 'ok', bytes: joined(content), content, sequenceNumber, received: answer.body.length }
    } catch (error) {
      return wrong(answer, error instanceof Error ? error.message : String(error))
    }
  }

  async putChunkedFile(access: WopiAccess, save: ChunkedSave): Promise<NativeOutcome<Saved>> {
    const { content, known, sequenceNumber: before, coauthLock } = save
    const headers = {
      'X-WOPI-Override': 'PUT_CHUNKED_FILE',
      'X-WOPI-SequenceNumber': String(before),
      'X-WOPI-CoauthLockId': coauthLock,
    }
    const body = saveRequest(content, unknownTo(known, content.chunks))
    const answer = await this.#call({ operation: 'PutChunkedFile', access, path: '/contents', headers, body })
    if (answer.kind !== 'ok') return answer
    const sequenceNumber = sequenceNumberIn(answer.header)
    const version = answer.header('x-wopi-itemversion')
    if (sequenceNumber === undefined || sequenceNumber <= before || !version) {
      return wrong(answer, `without a version and a sequence number after ${before}`)
    }
    return { kind: 'ok', sequenceNumber, version, sent: body.length }
  }

  async #tableCall(call: Call): Promise<NativeOutcome<CoauthTable>> {
    const answer = await this.#call(call)
    if (answer.kind !== 'ok') return answer
    const table = readTable(answer.header('x-wopi-coauthtableversion'), answer.body)
    return table ? { kind: 'ok', ...table } : wrong(answer, 'without a proper table')
  }

  async #call(call: Call): Promise<NativeOutcome<Answer>> {
    const answer = await this.#connection.exchange(call)
    if (answer.kind !== 'answered') return answer
    return answer.status === 200 ? { ...answer, kind: 'ok' } : nativeFailure(answer)
  }
}

function lockHeaders({ id, seconds }: CoauthLockWish): Record<string, string> {
  return { 'X-WOPI-CoauthLockId': id, 'X-WOPI-CoauthLockExpirationTimeout': String(seconds) }
}

/** Success was answered, and it is none. */
function wrong({ status, call }: Answer, what: string): NativeFailure {
  return { kind: 'unexpected', status, call: `${call} ${what}` }
}
