import { expect } from 'vitest'

interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | string
}

/** Asserts RFC 9457 problem details of exactly that kind. @returns the document, for more of it */
export function expectProblem(answer: HttpAnswer, status: number, code: string): Record<string, unknown> {
  const text = answer.body.toString()
  expect(answer.status, text).toBe(status)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.headers['cache-control']).toBe('no-store')
  const problem = JSON.parse(text) as Record<string, unknown>
  expect(problem).toMatchObject({
    type: `urn:tandem:${code}`,
    status,
    title: expect.stringMatching(/^[A-Z]/) as string,
    detail: expect.stringMatching(/\.$/) as string,
    correlationId: expect.stringMatching(/^[\x21-\x7e]+$/) as string,
  })
  return problem
}
