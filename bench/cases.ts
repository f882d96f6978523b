import {
  checkFileInfo,
  getCoauthLock,
  getCoauthTable,
  getFile,
  lockOperation,
  putFile,
  type WireRequest,
} from './request.js'
import type { Documents, Folder, Seat } from './target.js'

/** What one client does: once before a slice, then again and again, once after it. Only `next` is measured. */
export interface Client {
  readonly before: readonly WireRequest[]
  readonly next: () => WireRequest
  readonly after: readonly WireRequest[]
}

export interface BenchCase {
  readonly name: string
  /** The ratio to the floor's throughput that the case has to reach; undefined: reported only. */
  readonly target: number | undefined
  /** Asked of a Tandem with `COAUTH_PROFILE=plus`. */
  readonly profile?: 'plus'
  readonly seats: (documents: Documents) => readonly Seat[]
  readonly client: (seat: Seat, index: number) => Client
}

export const cases: readonly BenchCase[] = [
  {
    name: 'CheckFileInfo',
    target: 0.7,
    seats: (documents) => documents.small,
    client: repeated(checkFileInfo),
  },
  getFileCase('20 KB', 'small', undefined),
  getFileCase('1 MB', 'medium', 0.85),
  getFileCase('20 MB', 'large', undefined),
  { name: 'Lock+Refresh+Unlock', target: 0.9, seats: (documents) => documents.small, client: lockCycle },
  putFileCase('20 KB', 'small', undefined),
  putFileCase('1 MB', 'medium', 0.85),
  putFileCase('20 MB', 'large', undefined),
  {
    name: 'GetCoauthTable',
    target: 0.5,
    profile: 'plus',
    seats: (documents) => documents.small,
    client: nativeClient,
  },
  { name: '10 editors, one file', target: undefined, seats: (documents) => documents.shared, client: editor },
]

function getFileCase(size: string, folder: Folder, target: number | undefined): BenchCase {
  return {
    name: `GetFile ${size}`,
    target,
    seats: (documents) => documents[folder],
    client: repeated(getFile),
  }
}

function putFileCase(size: string, folder: Folder, target: number | undefined): BenchCase {
  return { name: `PutFile ${size}`, target, seats: (documents) => documents[folder], client: saver }
}

function repeated(build: (seat: Seat) => WireRequest) {
  return (seat: Seat): Client => {
    const request = build(seat)
    return { before: [], next: () => request, after: [] }
  }
}

function lockCycle(seat: Seat): Client {
  const [lock, refresh, unlock] = [
    lockOperation(seat, 'LOCK'),
    lockOperation(seat, 'REFRESH_LOCK'),
    lockOperation(seat, 'UNLOCK'),
  ]
  let step = 0
  const next = (): WireRequest => {
    const turn = step++ % 3
    return turn === 0 ? lock : turn === 1 ? refresh : unlock
  }
  // A slice may end in the middle of a cycle: Lock with the same id is welcome in every state.
  return { before: [], next, after: [lock, unlock] }
}

/** Asks again and again who else is there, and is told "as before". A lock that is held already changes no version. */
function nativeClient(seat: Seat): Client {
  const ask = getCoauthTable(seat)
  return { before: [getCoauthLock(seat)], next: () => ask, after: [] }
}

function saver(seat: Seat): Client {
  return {
    before: [lockOperation(seat, 'LOCK')],
    next: putFile(seat),
    after: [lockOperation(seat, 'UNLOCK')],
  }
}

/** Refreshes and checks in turn, and every twentieth step saves; no two editors save in the same step. */
function editor(seat: Seat, index: number): Client {
  const [lock, refresh, check] = [
    lockOperation(seat, 'LOCK'),
    lockOperation(seat, 'REFRESH_LOCK'),
    checkFileInfo(seat),
  ]
  const save = putFile(seat)
  let step = index * 2
  const next = (): WireRequest => {
    const turn = step++ % 20
    return turn === 19 ? save() : turn % 2 === 0 ? refresh : check
  }
  return { before: [lock], next, after: [] }
}
