import { describe, expect, it } from 'vitest'
import { KeyedMutex } from './keyed-mutex.js'

describe('Turns', () => {
  it('runs the work on one key in order, and one at a time, even past a failure', async () => {
    const turns = new KeyedMutex()
    const seen: string[] = []
    const work = (name: string, fails = false): Promise<string> =>
      turns.run('file', async () => {
        seen.push(`${name} begins`)
        await Promise.resolve()
        seen.push(`${name} ends`)
        if (fails) throw new Error(name)
        return name
      })
    const results = await Promise.allSettled([work('a'), work('b', true), work('c')])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('lets other keys pass a stuck one, and forgets keys that are done', async () => {
    const turns = new KeyedMutex()
    let release: (() => void) | undefined
    const stuck = turns.run('stuck', () => new Promise<void>((resolve) => (release = resolve)))
    expect(await turns.run('other', () => Promise.resolve('passed'))).toBe('passed')
    release?.()
    await stuck
    await Promise.resolve()
    expect((turns as unknown as { last: Map<string, unknown> }).last.size).toBe(0)
  })

  it('fails those who wait together with the one whose error concerns all, and starts anew after them', async () => {
    const turns = new KeyedMutex((error) => error === 'away')
    let tries = 0
    const failing = (reason: string) => () => {
      tries++
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      return Promise.reject<string>(reason)
    }
    const waiting = ['away', 'away', 'away'].map((reason) => turns.run('file', failing(reason)))
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    expect(tries).toBe(1)
    const others = ['own fault', 'own fault'].map((reason) => turns.run('file', failing(reason)))
    await Promise.allSettled(others)
    expect(tries).toBe(3)
    expect(await turns.run('file', () => Promise.resolve('there again'))).toBe('there again')
  })
})
