import { isAcknowledgedSave, isLost, type History, type Operation } from './history.js'
import { INITIAL, type ContentRules } from './register-state.js'

/** Versions never repeat (WOPI.md §1): two saves with the same one are wrong in any order. */
export function repeatedVersion({ operations }: History): { reason: string; stuck: Operation[] } | undefined {
  const byVersion = new Map<string, Operation>()
  for (const operation of operations) {
    if (isLost(operation) || !isAcknowledgedSave(operation)) continue
    const { version } = operation.answer
    if (version === null) return { reason: 'a save was acknowledged without a version', stuck: [operation] }
    const other = byVersion.get(version)
    if (other) return { reason: `two saves made version ${version}`, stuck: [other, operation] }
    byVersion.set(version, operation)
  }
  return undefined
}

/** Which version and which content belong to which save. `isTaken` knows the order so far, by index. */
export function contentRules(
  operations: readonly Operation[],
  isTaken: (index: number) => boolean,
): ContentRules {
  const acknowledged = new Set<string>()
  const observers = new Map<string, number[]>()
  const saves = new Set<string>()
  operations.forEach((operation, index) => {
    if (operation.request.kind === 'PUT') saves.add(operation.request.sha256)
    if (isLost(operation) || operation.answer.version === null) return
    const { version } = operation.answer
    if (isAcknowledgedSave(operation)) acknowledged.add(version)
    else observers.set(version, [...(observers.get(version) ?? []), index])
  })
  return {
    // Once seen and superseded, a version never comes back: it must not have been seen under an earlier head.
    isUnclaimed: (version) => !acknowledged.has(version) && !(observers.get(version) ?? []).some(isTaken),
    isContentOf: (sha256, head) => {
      if (head === INITIAL) return !saves.has(sha256)
      const request = operations[head]?.request
      return request?.kind === 'PUT' && request.sha256 === sha256
    },
  }
}
