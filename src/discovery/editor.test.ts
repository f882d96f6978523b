import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Logger } from '../logging/logger.js'
import { Editor } from './editor.js'

const HOUR = 3_600_000
const DOCUMENT = `<wopi-discovery><net-zone name="external-https"><app name="Word">
  <action name="edit" ext="docx" urlsrc="https://office.example/edit?"/></app></net-zone></wopi-discovery>`

describe('when an editor is asked what it can do', () => {
  let answers: (string | Error)[]
  let asked: number
  let log: { event: string; reason?: string; haveOlder?: boolean }[]
  let editor: Editor

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] })
    answers = []
    asked = 0
    log = []
    const logger = new Logger('info', { write: (line) => log.push(JSON.parse(line) as never) })
    const setting = {
      name: 'office',
      discoveryUrl: 'https://office.example/hosting/discovery',
      origins: ['https://office.example'],
      proof: 'off',
    } as const
    const fetch = (): Promise<Buffer> => {
      asked++
      const answer = answers.shift() ?? DOCUMENT
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(Buffer.from(answer))
    }
    editor = new Editor(setting, fetch, logger)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('pain 55: is due at first, and then every 12 hours', async () => {
    expect(editor.isDue).toBe(true)
    await editor.refresh()
    expect(editor.isDue).toBe(false)
    vi.advanceTimersByTime(12 * HOUR - 1)
    expect(editor.isDue).toBe(false)
    vi.advanceTimersByTime(1)
    expect(editor.isDue).toBe(true)
  })

  it('pain 52, 78: keeps the last good document through a failure, and is due at once', async () => {
    await editor.refresh()
    answers = [new Error('it answered 500'), '<html/>', `<!DOCTYPE a>${DOCUMENT}`]
    for (const reason of ['it answered 500', 'it is no wopi-discovery', 'it has a document type']) {
      await editor.refresh()
      expect(editor.isDue).toBe(true)
      expect(editor.document?.actions).toHaveLength(1)
      expect(editor.health.error).toContain(reason)
    }
    await editor.refresh()
    expect(editor.isDue).toBe(false)
    expect(editor.health.error).toBeUndefined()
  })

  it('logs a failure once, and the end of it', async () => {
    answers = [new Error('it answered 500'), new Error('it answered 500'), new Error('it answered 502')]
    for (let i = 0; i < 5; i++) await editor.refresh()
    expect(log.map(({ event, reason, haveOlder }) => [event, reason, haveOlder])).toEqual([
      ['discovery-failed', 'it answered 500', false],
      ['discovery-failed', 'it answered 502', false],
      ['discovery-read', undefined, undefined],
    ])
  })

  it('D-08: is asked once for any number of callers', async () => {
    await Promise.all([editor.refresh(), editor.refresh(), editor.refresh()])
    expect(asked).toBe(1)
  })

  it('D-08, P-09: is asked on demand no more often than every 60 seconds', async () => {
    for (let second = 0; second < 180; second++) {
      await editor.refreshOnDemand()
      vi.advanceTimersByTime(1000)
    }
    expect(asked).toBe(3)
  })

  it('P-11: is no editor without a proof key where one is required', async () => {
    const strict = new Editor(
      { ...editor.setting, proof: 'required' },
      () => Promise.resolve(Buffer.from(DOCUMENT)),
      new Logger('silent'),
    )
    await strict.refresh()
    expect(strict.document).toBeUndefined()
    expect(strict.health.error).toBe('its answer cannot be used: it has no proof key that can be used')
  })
})
