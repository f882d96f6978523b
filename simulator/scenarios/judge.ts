import { clockFace } from '../narrator.js'
import type { Script, Role } from './script.js'
import type { Documented, Ending } from './documented.js'
import type { Observed, SeenSave } from './observed.js'

/** Every way in which what was observed is not what is documented; none when the cell holds. */
export function differences(course: Script, documented: Documented, observed: Observed): string[] {
  return [
    ...observed.surprises,
    ...savingUser(documented, observed),
    ...howItEnded(course, documented.ending, observed),
    ...whatTheHostHas(course, observed),
  ]
}

function savingUser({ saves }: Documented, observed: Observed): string[] {
  if (observed.saves.length === 0) return ['nothing was saved']
  return [...observed.saves, ...observed.refused].flatMap((save) => {
    const due = expectedUser(saves, save)
    return save.with === due
      ? []
      : [`the save at ${clockFace(save.at)} used ${save.with} instead of ${due ?? '?'}`]
  })
}

function expectedUser(saves: Documented['saves'], { at, lastChangeBy }: SeenSave): Role | undefined {
  const user = saves.findLast(({ since }) => since <= at)?.user
  return user === 'who changed last' ? lastChangeBy : user
}

function howItEnded({ parts }: Script, ending: Ending, observed: Observed): string[] {
  const { refused, removed, saves, stayed, revokedAt } = observed
  const everybody = Object.keys(parts) as Role[]
  const out = removed.map(({ who }) => who)
  const lastSaveAt = saves.at(-1)?.at ?? 0
  switch (ending.kind) {
    case 'nobody-removed':
      return [
        ...mismatch(refused.length === 0, `${refused.length} saves were refused`),
        ...mismatch(out.length === 0, `${out.join(', ')} were removed`),
        ...mismatch(sameRoles(stayed, everybody), `only ${stayed.join(', ')} stayed to the end`),
      ]
    case 'one-removed': {
      const [first] = removed
      if (revokedAt === undefined || !first) return [`${ending.who} was not removed`]
      const others = everybody.filter((role) => role !== ending.who)
      return [
        ...mismatch(refused.length === 0, `${refused.length} saves were refused`),
        ...mismatch(sameRoles(out, [ending.who]), `${out.join(', ')} were removed`),
        ...mismatch(first.at >= revokedAt, `${first.who} was removed before the right was`),
        ...mismatch(
          first.at <= revokedAt + ending.within,
          `${first.who} was removed at ${clockFace(first.at)} only`,
        ),
        ...mismatch(first.why.startsWith(ending.noticedBy), `${first.who} was removed because: ${first.why}`),
        ...mismatch(sameRoles(stayed, others), `${stayed.join(', ')} went on`),
        ...mismatch(lastSaveAt > first.at, 'nothing was saved after the removal'),
      ]
    }
    case 'everyone-removed': {
      const [first] = refused
      if (revokedAt === undefined || !first) return ['no save was refused']
      const lastOut = removed.at(-1)?.at ?? Infinity
      return [
        ...mismatch(first.at >= revokedAt, 'a save was refused before the right was removed'),
        ...mismatch(
          refused.every(({ why }) => why.startsWith('PutFile')),
          `a save was refused: ${first.why}`,
        ),
        ...mismatch(
          refused.every((save) => save.with === ending.refused),
          `a save of ${first.with} was refused`,
        ),
        ...mismatch(lastSaveAt <= revokedAt, 'a save was accepted after the right was removed'),
        ...mismatch(sameRoles(out, everybody), `${out.join(', ') || 'nobody'} was removed`),
        ...mismatch(lastOut <= first.at + ending.within, `all were out at ${clockFace(lastOut)} only`),
        ...mismatch(stayed.length === 0, `${stayed.join(', ')} stayed`),
      ]
    }
  }
}

/** What Tandem promises on top: a refused save is kept for those who may still edit, and nothing is lost. */
function whatTheHostHas({ parts, revocation }: Script, { host, refused, saves }: Observed): string[] {
  const mayEdit = (['owner', ...Object.keys(parts)] as (Role | 'owner')[]).filter(
    (role) => role !== revocation?.of,
  )
  const { headVersion, kept, lock, lost, notKept, nowhere, shown, strange } = host
  return [
    ...mismatch(headVersion === saves.at(-1)?.version, `the head is version ${headVersion}`),
    ...mismatch(lock === '', `the lock was left behind: ${lock}`),
    ...mismatch(lost.length === 0, `acknowledged and gone: ${lost.join(', ')}`),
    ...mismatch(strange.length === 0, `twice or by nobody in the head: ${strange.join(', ')}`),
    ...mismatch(nowhere.length === 0, `neither saved nor kept: ${nowhere.join(', ')}`),
    ...mismatch(notKept === 0, `${notKept} refused saves were not kept`),
    ...mismatch(kept.length === refused.length, `${kept.length} saves are kept of ${refused.length} refused`),
    ...kept.flatMap(({ reason, lacks }) => [
      ...mismatch(reason === 'permission-revoked', `a save was kept because: ${reason}`),
      ...mismatch(lacks.length === 0, `a kept save lacks ${lacks.join(', ')}`),
    ]),
    ...mayEdit.flatMap((role) =>
      mismatch(
        shown.get(role) === kept.length,
        `${role} is shown ${shown.get(role) ?? 'nothing'} of the kept saves`,
      ),
    ),
    ...(revocation
      ? mismatch(shown.get(revocation.of) === 'refused', `${revocation.of} is shown what was kept`)
      : []),
  ]
}

function mismatch(holds: boolean, otherwise: string): string[] {
  return holds ? [] : [otherwise]
}

function sameRoles(some: readonly Role[], others: readonly Role[]): boolean {
  return some.toSorted().join() === others.toSorted().join()
}
