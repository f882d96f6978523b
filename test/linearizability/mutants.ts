import {
  isAcknowledgedSave,
  isCoauth,
  isLost,
  type Answer,
  type CompletedOperation,
  type History,
  type Operation,
} from './history.js'
import type { Random } from './random.js'

export type Defect =
  | 'a lock id nobody ever used'
  | 'a version nobody ever made'
  | 'a save missing from the record'
  | 'a flipped status'
  | 'another lock id'
  | 'another version'
  | 'another coauth table'

/** The history with one error in it that no order can explain, or undefined if it has no place for it. */
export function withError(
  { file, operations }: History,
  defect: Defect,
  random: Random,
): History | undefined {
  const ordered = [...operations].sort((a, b) => a.call - b.call)
  // The first answer that names a version is the only witness of the version that the file began with.
  const witness = ordered.findIndex((operation) => !isLost(operation) && operation.answer.version !== null)
  const places = ordered.filter((operation, index) => index > witness && fits(defect, operation, ordered))
  if (places.length === 0) return undefined
  const place = random.oneOf(places)
  if (defect === 'a save missing from the record') {
    return { file, operations: ordered.filter((one) => one !== place) }
  }
  return { file, operations: ordered.map((one) => (one === place ? spoiled(one, defect) : one)) }
}

function fits(defect: Defect, operation: Operation, all: readonly Operation[]): boolean {
  if (isLost(operation)) return false
  const { request, answer } = operation
  switch (defect) {
    case 'a lock id nobody ever used':
    case 'another lock id':
      return answer.lock !== null
    case 'a version nobody ever made':
    case 'another version':
      return answer.version !== null && !isAcknowledgedSave(operation)
    case 'a flipped status':
      // A save or lock call that a coauth lock refused has no id to tell.
      return request.kind !== 'GET_LOCK' && request.kind !== 'CHECK' && request.kind !== 'GET_COAUTH_TABLE'
    case 'another coauth table':
      return answer.table !== undefined && answer.table !== null
    case 'a save missing from the record':
      return (
        isAcknowledgedSave(operation) && all.some((one) => one !== operation && sees(one, answer.version))
      )
  }
}

function sees(operation: Operation, version: string | null): boolean {
  return !isLost(operation) && operation.answer.version === version
}

function spoiled(operation: Operation, defect: Exclude<Defect, 'a save missing from the record'>): Operation {
  if (isLost(operation)) return operation
  const { answer } = operation
  const changes: Record<typeof defect, Partial<Answer>> = {
    'a lock id nobody ever used': { lock: 'nobody' },
    'another lock id': { lock: answer.lock === 'a' ? 'b' : 'a' },
    'a version nobody ever made': { version: '999' },
    'another version': { version: String(Number(answer.version) - 1) },
    'another coauth table': { table: answer.table === 'A:Coauth' ? '' : 'A:Coauth' },
    'a flipped status':
      answer.status === 200
        ? { status: 409, lock: isCoauth(operation.request) ? null : 'a', version: null, table: null }
        : { status: 200, lock: null, table: '' },
  }
  return { ...operation, answer: { ...answer, ...changes[defect] } }
}

/** In whole milliseconds, and with a few answers changed at random, which may or may not be an error. */
export function randomlySpoiled({ file, operations }: History, random: Random): History {
  return {
    file,
    operations: operations.map((operation): Operation => {
      if (isLost(operation)) return { ...operation, call: Math.floor(operation.call) }
      const whole = { ...operation, call: Math.floor(operation.call), return: Math.ceil(operation.return) }
      return random.chance(0.12) ? { ...whole, answer: randomAnswer(whole, random) } : whole
    }),
  }
}

function randomAnswer({ request, answer }: CompletedOperation, random: Random): Answer {
  const status = random.chance(0.4) ? (answer.status === 200 ? 409 : 200) : answer.status
  const lock = random.chance(0.5) ? random.oneOf(['', 'a', 'b', 'c']) : answer.lock
  const version = random.chance(0.3) ? random.oneOf(['1', '2', '3']) : answer.version
  const table = random.chance(0.3) ? random.oneOf(['', 'A:Coauth', 'B:CoauthExclusive']) : answer.table
  const sha256 = request.kind === 'CHECK' ? answer.sha256 : null
  return { status, lock, version, sha256, table: table ?? null }
}
