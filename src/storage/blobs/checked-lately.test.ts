import { describe, expect, it } from 'vitest'
import { CheckedLately } from './checked-lately.js'

describe('what was checked lately', () => {
  it('is believed for an hour, and then no more', () => {
    let now = 0
    const lately = new CheckedLately(() => now)
    lately.add('a')
    now = 3600_000 - 1
    expect(lately.has('a')).toBe(true)
    now = 3600_000
    expect(lately.has('a')).toBe(false)
    lately.add('a')
    expect(lately.has('a')).toBe(true)
  })

  it('is bounded: what was checked longest ago makes room', () => {
    const lately = new CheckedLately(() => 0, 2)
    for (const what of ['a', 'b', 'a', 'c']) lately.add(what)
    expect(['a', 'b', 'c'].map((what) => lately.has(what))).toEqual([true, false, true])
  })

  it('is forgotten at once when it turns out wrong', () => {
    const lately = new CheckedLately(() => 0)
    lately.add('a')
    lately.forget('a')
    expect(lately.has('a')).toBe(false)
  })
})
