import { beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'

describe('the audit of reads on two servers', () => {
  let one: Tandem
  let two: Tandem

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
  })

  async function atBoth(): Promise<readonly [Editor, Editor]> {
    const file = await one.sharedFile('content')
    const here = await one.editor(await one.person('alice'), file.id)
    return [here, new Editor(two.url, here.fileId, here.token)]
  }
  async function reads({ fileId }: Editor): Promise<number> {
    const { rows } = await execute(
      one.databaseUrl,
      `select count(*)::int as reads from audit_event where object_id = $1 and action = 'file-read'`,
      [fileId],
    )
    return (rows[0] as { reads: number }).reads
  }

  // After the second server has stopped nobody can sign in: passport knows one set of strategies in a process.
  it('one token at both is one row; and a server that stops writes what it noted just before', async () => {
    const both = await Promise.all(Array.from({ length: 20 }, atBoth))
    const [, last] = await atBoth()
    const calls = both.flatMap((editors) => editors.map((editor) => editor.getFile()))
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200))
    expect((await last.getFile()).status).toBe(200)
    await two.stop()
    expect(await reads(last)).toBe(1)
    await one.stop()
    for (const [editor] of both) expect(await reads(editor)).toBe(1)
  })
})
