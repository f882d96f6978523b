import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { ApiQuery } from '@nestjs/swagger'
import { z } from 'zod'
import { invalidRequest, type Wanted } from './json-body.js'

const check = createParamDecorator((wanted: Wanted, context: ExecutionContext): unknown => {
  const parsed = wanted.shape.safeParse(context.switchToHttp().getRequest<{ query: unknown }>().query)
  if (!parsed.success) throw invalidRequest(parsed.error)
  return parsed.data
})

/** The query parameters, checked against `schema`, which also documents them. */
export function CheckedQuery(schema: z.ZodObject): ParameterDecorator {
  return (target, key, index) => {
    check({ shape: schema })(target, key, index)
    const method = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key)
    if (key === undefined || !method) return
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' })
    for (const [name, property] of Object.entries(properties)) {
      ApiQuery({ name, required: required.includes(name), schema: property as object })(target, key, method)
    }
  }
}

/** Text that can go into PostgreSQL, which has no U+0000. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not have U+0000')

export const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .refine((n) => n >= 1 && n <= 1000, 'must lie between 1 and 1000')
    .default(100),
  cursor: text.max(1000).optional(),
})

export type PageQuery = z.infer<typeof pageQuery>

export interface Page<T> {
  readonly items: readonly T[]
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null
}

/** Turns `limit + 1` rows into a page: the row too many only says that there is more. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => T,
  cursorOf: (row: Row) => unknown,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    items: shown.map(view),
    nextCursor: more ? Buffer.from(JSON.stringify(cursorOf(last))).toString('base64url') : null,
  }
}

/** Where the page goes on; a cursor that is none of ours is a malformed request. */
export function readCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined
  const parsed = z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(Buffer.from(value, 'base64url').toString()) as unknown
      } catch {
        context.addIssue('is none that Tandem gave out')
        return z.NEVER
      }
    })
    .pipe(schema)
    .safeParse(cursor)
  if (!parsed.success) throw invalidRequest(parsed.error)
  return parsed.data
}
