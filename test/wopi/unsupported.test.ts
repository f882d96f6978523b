import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { callWopi } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Listed {
  readonly name: string
  readonly call: string
  readonly override?: string
  /** Only what Tandem supports has one. */
  readonly test?: string
  /** Of COAUTH_PROFILE, which is not this one's. */
  readonly profile?: string
}

const { operations } = JSON.parse(readFileSync('scripts/protocol.json', 'utf8')) as { operations: Listed[] }

describe('what Tandem does not support (docs/protocol.md)', () => {
  const fixture = useFixture()

  for (const { name, call, override } of operations.filter(isUnsupported)) {
    it(`${name} is answered 501, and changes nothing`, async () => {
      const editor = await fixture.open('content')
      const path = call.replace('POST ', '/wopi').replace('ID', editor.fileId)
      const url = `${fixture.tandem.url}${path}?access_token=${editor.token}`
      const headers = { 'X-WOPI-Override': override ?? '', 'X-WOPI-Lock': 'L' }
      const answer = await callWopi('POST', url, headers, 'body')
      expect([answer.status, answer.body.length]).toEqual([501, 0])
      expect((await editor.getLock()).lock).toBe('')
      expect((await editor.getFile()).body.toString()).toBe('content')
    })
  }

  fixture.leavesNoTokenInTheLog()
})

function isUnsupported({ test, profile }: Listed): boolean {
  return test === undefined || profile !== undefined
}
