import { describe, expect, it } from 'vitest'
import { theFile, theToken, theUser } from '../../../test/kit/ids.js'
import type { ClientFamily } from '../application-profile.js'
import { applyTimeouts } from './session-timeouts.js'
import { observe } from './session-rules.js'
import { statusOf } from '../status.js'
import { editorsOf, type PresenceSignal, type Session } from './session.js'

const second = 1000
const minute = 60 * second

/** One file's history, told call by call. */
class Story {
  latest: Session | undefined
  private ids = 0

  constructor(
    private readonly fileName: string,
    private readonly family: ClientFamily = 'microsoft',
  ) {}

  sees(at: number, who: string, what: PresenceSignal): this {
    const sighting = {
      fileId: theFile('f'),
      jti: theToken(`token of ${who}`),
      userId: theUser(who),
      family: this.family,
      at,
      what,
    }
    const context = { fileName: this.fileName, newId: () => `s${this.ids++}`, rule: 'last-joined' } as const
    this.latest = observe(this.latest, sighting, context).session ?? this.latest
    return this
  }

  joins(at: number, ...people: string[]): this {
    people.forEach((who, i) => {
      this.sees(at + i, who, { kind: 'checked', canWrite: true }).sees(at + i, who, { kind: 'locked' })
    })
    return this
  }

  unsavedAt(now: number): string {
    const session = structuredClone(this.latest)
    const lock = { kind: 'wopi', refreshedAt: now, expiresAt: now + 30 * minute } as const
    const file = { id: theFile('f'), name: this.fileName }
    const facts = { now, file, lock, people: [], recoveryItems: 0, ...(session && { session }) }
    return statusOf(facts, { rule: 'last-joined', lockTtlMs: 30 * minute }).unsavedChanges
  }

  editorsAt(now: number): string[] {
    const session = structuredClone(this.latest)
    if (!session) return []
    const lock = { kind: 'wopi', refreshedAt: now, expiresAt: now + 30 * minute } as const
    applyTimeouts(session, now, { lock, lockTtlMs: 30 * minute, rule: 'last-joined' })
    return session.ended ? [] : editorsOf(session).map(({ userId }) => userId)
  }
}

const saved: PresenceSignal = { kind: 'saved', version: '2', editors: [] }
const refused = (reason: string): PresenceSignal => ({ kind: 'save-refused', reason })

describe('what is seen', () => {
  it('puts nobody out for a refused save of somebody who is not in the session', () => {
    const story = new Story('a.docx').joins(0, 'alice', 'bob')
    story.sees(second, 'mallory', refused('token-revoked'))
    expect(story.latest?.failing).toBeUndefined()
    expect(story.latest?.unsavedSince).toBeUndefined()
    expect(story.editorsAt(2 * minute)).toEqual(['alice', 'bob'])
  })

  it('takes everybody for out a minute after Word was refused a save for the right, and nobody after a conflict', () => {
    const revoked = new Story('a.docx')
      .joins(0, 'alice', 'bob')
      .sees(second, 'bob', refused('permission-revoked'))
    expect(revoked.editorsAt(30 * second)).toEqual(['alice', 'bob'])
    expect(revoked.editorsAt(2 * minute)).toEqual([])
    const conflict = new Story('a.docx')
      .joins(0, 'alice', 'bob')
      .sees(second, 'bob', refused('lock-mismatch'))
    expect(conflict.editorsAt(2 * minute)).toEqual(['alice', 'bob'])
  })

  it('lets Collabora’s user think about a conflict', () => {
    const story = new Story('a.docx', 'collabora').joins(0, 'alice', 'bob')
    story.sees(second, 'alice', refused('external-change'))
    expect(story.editorsAt(5 * minute)).toEqual(['alice', 'bob'])
  })

  it('does not bring back whoever closed the page when the service saves once more with their token', () => {
    const story = new Story('a.xlsx').joins(0, 'alice', 'bob')
    story.sees(minute, 'bob', { kind: 'left' }).sees(minute + 5 * second, 'bob', saved)
    expect(story.editorsAt(2 * minute)).toEqual(['alice'])
    story.sees(3 * minute, 'bob', { kind: 'checked', canWrite: true })
    expect(story.editorsAt(3 * minute)).toEqual(['alice', 'bob'])
  })

  it('throws nobody out by an Unlock that is written after they came', () => {
    const story = new Story('a.docx').joins(0, 'alice').joins(minute + 100, 'bob')
    story.sees(minute, 'alice', { kind: 'unlocked' })
    expect(story.editorsAt(minute + second)).toEqual(['bob'])
    expect(story.latest?.ended).toBeUndefined()
  })

  describe('Collabora tells every view whether the document is modified', () => {
    const collabora = (): Story => new Story('a.docx', 'collabora').joins(0, 'alice', 'bob')

    it('clears nothing by it that no save covers, and knows nothing then', () => {
      const story = collabora().sees(second, 'alice', { kind: 'modified' })
      expect(story.unsavedAt(second)).toBe('yes')
      story
        .sees(2 * second, 'alice', refused('lock-mismatch'))
        .sees(3 * second, 'alice', { kind: 'unmodified' })
      expect(story.unsavedAt(4 * second)).toBe('unknown')
      story.sees(5 * second, 'bob', { kind: 'modified' })
      expect(story.unsavedAt(6 * second)).toBe('yes')
      story.sees(7 * second, 'alice', saved).sees(8 * second, 'alice', { kind: 'unmodified' })
      story.sees(8 * second, 'bob', { kind: 'unmodified' })
      expect(story.unsavedAt(9 * second)).toBe('no')
    })

    it('is not believed about what was changed after the last save', () => {
      const story = collabora()
        .sees(second, 'alice', saved)
        .sees(2 * second, 'alice', { kind: 'modified' })
      story.sees(3 * second, 'alice', { kind: 'unmodified' }).sees(3 * second, 'bob', { kind: 'unmodified' })
      expect(story.unsavedAt(4 * second)).toBe('unknown')
    })

    it('does not take it back when a save that came before is written late', () => {
      const story = collabora()
        .sees(2 * second, 'alice', { kind: 'modified' })
        .sees(second, 'bob', saved)
      expect(story.unsavedAt(3 * second)).toBe('yes')
    })

    it.each(['edited', 'modified'] as const)('makes nobody an editor or a saver by “%s”', (kind) => {
      const story = collabora().sees(second, 'bob', { kind: 'unlocked' })
      expect(story.editorsAt(2 * second)).toEqual([])
      story.sees(3 * second, 'alice', { kind }).sees(3 * second, 'vera', { kind })
      expect(story.editorsAt(4 * second)).toEqual([])
      story.joins(5 * second, 'alice', 'bob').sees(6 * second, 'bob', { kind })
      expect(story.editorsAt(7 * second)).toEqual(['alice', 'bob'])
      expect(story.latest?.participants.map(({ editedAt }) => editedAt)).toEqual([undefined, undefined])
      expect(story.unsavedAt(7 * second)).toBe('yes')
    })

    it('knows that what was refused after the end is not saved', () => {
      const story = collabora().sees(second, 'alice', { kind: 'unlocked' })
      expect(story.latest?.ended).toBeDefined()
      story.sees(2 * second, 'alice', refused('not-locked'))
      expect(story.latest?.unsavedSince).toBe(2 * second)
    })
  })

  it('takes Edit_Notification for the word of the one who typed', () => {
    const story = new Story('a.docx').joins(0, 'alice', 'bob').sees(second, 'bob', { kind: 'edited' })
    expect(story.latest?.participants.map(({ editedAt }) => editedAt)).toEqual([undefined, second])
  })

  it('opens the next session after the last, even if it began a moment earlier elsewhere', () => {
    const story = new Story('a.docx').joins(0, 'alice').sees(minute, 'alice', { kind: 'unlocked' })
    expect(story.latest?.ended?.reason).toBe('closed')
    story.sees(minute + second, 'carol', { kind: 'checked', canWrite: true })
    expect(story.latest?.id).toBe('s1')
  })
})
