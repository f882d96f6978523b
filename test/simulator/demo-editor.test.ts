import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { editorsSetting, startDemoEditor } from '../../simulator/demo-editor.js'
import { StandInEditor } from '../../simulator/stand-in/stand-in-editor.js'

describe('the editor of the demo', () => {
  let editor: StandInEditor
  beforeAll(async () => {
    editor = await StandInEditor.start()
  })
  afterAll(() => editor.close())

  it('is the only one, or the last of those that are given', () => {
    const ours = `stand-in=${editor.discoveryUrl()}`
    expect(editorsSetting(editor, undefined)).toBe(ours)
    expect(editorsSetting(editor, '')).toBe(ours)
    expect(editorsSetting(editor, 'office=https://office.test/x')).toBe(
      `office=https://office.test/x,${ours}`,
    )
    expect(() => editorsSetting(editor, 'a=http://a.test, stand-in=http://b.test')).toThrow('another name')
  })

  it('takes another port when the next one is taken', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    const started = await startDemoEditor(port - 1, 'http://localhost')
    expect(started.origin).not.toBe(`http://localhost:${port}`)
    await started.close()
    other.close()
  })
})
