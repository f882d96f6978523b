import { describe, expect, it } from 'vitest'
import { SharedProbe } from './shared-probe.js'

describe('a probe', () => {
  it('is made once for all who ask meanwhile, and anew afterwards', async () => {
    let made = 0
    let finish: () => void = () => undefined
    const probe = new SharedProbe('a write', () => {
      made++
      return new Promise((resolve) => (finish = resolve))
    })
    const answers = [probe.answer(), probe.answer(), probe.answer()]
    finish()
    await Promise.all(answers)
    expect(made).toBe(1)
    const next = probe.answer()
    finish()
    await next
    expect(made).toBe(2)
  })

  it('that hangs is one, whoever asks, and each is answered in time', async () => {
    let made = 0
    const probe = new SharedProbe('a write', () => (made++, new Promise(() => undefined)), 20)
    await expect(probe.answer()).rejects.toThrow('a write took longer than 0.02 s')
    await expect(probe.answer()).rejects.toThrow('a write took longer than 0.02 s')
    expect(made).toBe(1)
  })

  it('says why it failed, and is tried again', async () => {
    const ends = [Promise.reject(new Error('EIO')), Promise.resolve()]
    const probe = new SharedProbe('a write', () => ends.shift() ?? Promise.resolve())
    await expect(probe.answer()).rejects.toThrow('EIO')
    await probe.answer()
  })
})
