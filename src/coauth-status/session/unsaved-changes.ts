import type { Session } from './session.js'

/** Somebody changed something. */
export function changed(session: Session, at: number): void {
  if (at > (session.saved?.at ?? 0)) refused(session, at)
}

/** A save was refused: what it held is not in the file. */
export function refused(session: Session, at: number): void {
  session.unsavedSince ??= at
  delete session.unsavedUnclear
}

/** A save was acknowledged. Sightings of two servers come out of order: a later change may be known already. */
export function covered(session: Session, at: number): void {
  const edits = session.participants.map(({ editedAt }) => editedAt ?? 0)
  const later = [...edits, session.unsavedSince ?? 0].filter((edit) => edit > at)
  if (later.length > 0) session.unsavedSince = Math.min(...later)
  else {
    delete session.unsavedSince
    delete session.unsavedUnclear
  }
}

/**
 * An editor says that nothing is unsaved. What a save covers is cleared already; what is left was undone, or given up
 * after its saves were refused, and the word does not say which.
 */
export function saidUnmodified(session: Session, at: number): void {
  if (session.unsavedSince !== undefined && at >= session.unsavedSince) session.unsavedUnclear = true
}

/** Since when changes wait for their save, as far as is known for sure. */
export function knownUnsavedSince({ unsavedSince, unsavedUnclear }: Session): number | undefined {
  return unsavedUnclear ? undefined : unsavedSince
}

/**
 * Of a session that time has just ended: what was unsaved in it may come back, although nobody has written its end down
 * yet. One whose end is stored is told from there, with what was saved since.
 */
export function uncleanEnd(
  stored: Session | undefined,
  passed: Session | undefined,
): { readonly uncleanEndAt?: number } {
  if (stored?.ended || !passed?.ended || passed.unsavedSince === undefined) return {}
  return { uncleanEndAt: passed.ended.at }
}
