import { availableParallelism } from 'node:os'
import {
  checkFileInfo,
  getCoauthLock,
  getCoauthTable,
  getFile,
  getStampedFile,
  lockOperation,
  putFile,
  putStampedFile,
  type WireRequest,
} from './request.js'
import type { Documents, Folder, Seat, ServerName } from './target.js'

/** What one client does: once before a slice, then again and again, once after it. Only `next` is measured. */
export interface Client {
  readonly before: readonly WireRequest[]
  readonly next: () => WireRequest
  readonly after: readonly WireRequest[]
}

export interface BenchCase {
  readonly name: string
  /** The ratio to the other server's throughput that the case has to reach; undefined: reported only. */
  readonly target: number | undefined
  /** Which server is measured; Tandem where unset. */
  readonly of?: ServerName
  /** What it is compared with; the floor where unset. */
  readonly against?: ServerName
  readonly seats: (documents: Documents) => readonly Seat[]
  readonly client: (seat: Seat, index: number) => Client
}

const small = (documents: Documents): readonly Seat[] => documents.small

const checks = { name: 'CheckFileInfo', target: 0.8, seats: small, client: repeated(checkFileInfo) }
const locks = { name: 'Lock+Refresh+Unlock', target: 0.85, seats: small, client: lockCycle }
const saves = putFileCase('20 KB', 'small', 0.6)

export const cases: readonly BenchCase[] = [
  checks,
  getFileCase('20 KB', 'small', 0.65),
  getFileCase('1 MB', 'medium', 0.9),
  getFileCase('20 MB', 'large', 0.95),
  locks,
  saves,
  putFileCase('1 MB', 'medium', 0.85),
  putFileCase('20 MB', 'large', 0.95),
  { name: '10 editors, one file', target: 0.8, seats: (documents) => documents.shared, client: editor },
  ...(availableParallelism() < 2 ? [] : [checks, locks, saves, mixed()].map(withTwoWorkers)),
  { ...saves, name: '200 streams: PutFile 20 KB', of: '200 streams', against: 'Tandem', target: 0.95 },
  // The last: its coauth locks stay, and with them no document can be locked otherwise.
  { name: 'GetCoauthTable', target: 0.5, of: 'plus', seats: small, client: nativeClient },
]

/** A second process must not cost anything; what differs by less, the same server differs by from one run to the next. */
function withTwoWorkers(one: BenchCase): BenchCase {
  return { ...one, name: `2 workers: ${one.name}`, of: '2 workers', against: 'Tandem', target: 0.97 }
}

/** A working day, each on a document of their own. */
function mixed(): BenchCase {
  return { name: 'mix', target: undefined, seats: small, client: (seat, index) => worker(seat, index * 2) }
}

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

/** No two editors save in the same step. Whoever reads must get what one of them saved, and never a part of it. */
function editor(seat: Seat, index: number): Client {
  return worker(seat, index * 2, { save: putStampedFile(seat), read: getStampedFile(seat) })
}

/** Refreshes and checks in turn; every twentieth step is a read, and another one a save. */
function worker(seat: Seat, begin: number, how = { save: putFile(seat), read: getFile(seat) }): Client {
  const [lock, refresh, check] = [
    lockOperation(seat, 'LOCK'),
    lockOperation(seat, 'REFRESH_LOCK'),
    checkFileInfo(seat),
  ]
  let step = begin
  const next = (): WireRequest => {
    const turn = step++ % 20
    if (turn === 19) return how.save()
    if (turn === 9) return how.read
    return turn % 2 === 0 ? refresh : check
  }
  return { before: [lock], next, after: [] }
}
