import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { ApiBody } from '@nestjs/swagger'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { bodyOf } from '../../http/request-body.js'
import { ApiProblem } from './api-problem.js'

const MAX_BYTES = 100_000

/** Nest takes whatever has a `transform` method for a pipe, and every zod schema has one; so schemas travel wrapped. */
export interface Wanted {
  readonly shape: z.ZodType
  /** What a body of no bytes stands for. */
  readonly whenEmpty?: object
}

const read = createParamDecorator(async (wanted: Wanted, context: ExecutionContext): Promise<unknown> => {
  const body = await bodyBytes(context.switchToHttp().getRequest<IncomingMessage>())
  return parse(body.length === 0 && wanted.whenEmpty !== undefined ? wanted.whenEmpty : jsonOf(body), wanted)
})

/**
 * The request's JSON body, checked against `schema`, which also documents it. Bodies are parsed here and nowhere else:
 * a parser in front of all routes would eat a document that is uploaded as JSON (WOPI.md §2.3).
 */
export function JsonBody(schema: z.ZodType): ParameterDecorator {
  return documented(schema, { shape: schema })
}

/** The same where nothing needs to be said: no body is an empty object. */
export function OptionalJsonBody(schema: z.ZodType): ParameterDecorator {
  return documented(schema, { shape: schema, whenEmpty: {} })
}

function documented(schema: z.ZodType, wanted: Wanted): ParameterDecorator {
  return (target, key, index) => {
    read(wanted)(target, key, index)
    if (key === undefined) return
    const descriptor = Object.getOwnPropertyDescriptor(target, key)
    const document = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as object
    if (descriptor) ApiBody({ schema: document })(target, key, descriptor)
  }
}

/** Why somebody did it, for people who read the audit later. */
export const reason = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}]*$/u, 'must be printable text')

async function bodyBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of bodyOf(request)) {
    size += chunk.length
    if (size > MAX_BYTES)
      throw new ApiProblem('body-too-large', `The body is larger than ${MAX_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(value: unknown, { shape }: Wanted): unknown {
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw invalidRequest(parsed.error)
  return parsed.data
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    throw new ApiProblem('invalid-request', 'The body is not JSON.')
  }
}

export function invalidRequest(error: z.ZodError): ApiProblem {
  const issues = error.issues.map(({ path, message }) => ({ at: path.join('.'), message }))
  const [first] = issues
  const detail = first
    ? `${first.at === '' ? 'The request' : first.at}: ${first.message}.`
    : 'The request is malformed.'
  return new ApiProblem('invalid-request', detail, { issues })
}
