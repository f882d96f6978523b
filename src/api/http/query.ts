import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common'
import { ApiQuery } from '@nestjs/swagger'
import { z } from 'zod'
import { invalidRequest, type Wanted } from './json-body.js'

const check = createParamDecorator((wanted: Wanted, context: ExecutionContext): unknown => {
  const parsed = wanted.shape.safeParse(context.switchToHttp().getRequest<{ query: unknown }>().query)
  if (!parsed.success) throw invalidRequest(parsed.error)
  return parsed.data
})

/** Marks a route that looks at its query parameters itself. */
export const TAKES_QUERY = 'tandem:takes-query'

/** The query parameters, checked against `schema`, which also documents them. One that it does not name is refused. */
export function CheckedQuery(schema: z.ZodObject): ParameterDecorator {
  return (target, key, index) => {
    check({ shape: schema.strict() })(target, key, index)
    const method = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key)
    if (key === undefined || !method) return
    SetMetadata(TAKES_QUERY, true)(target, key, method)
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' })
    for (const [name, property] of Object.entries(properties)) {
      ApiQuery({ name, required: required.includes(name), schema: property as object })(target, key, method)
    }
  }
}

/** Text that can go into PostgreSQL, which has no U+0000. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not have U+0000')

/** An id in a filter; it need not be anybody's. */
export const id = text.min(1).max(128)

export const truth = z.enum(['true', 'false'], 'must be true or false')

const TIMESTAMP =
  /^[1-9]\d{3}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}$/

/** A point in time as PostgreSQL writes it, with its microseconds: for cursors. */
export const timestamp = text
  .regex(TIMESTAMP)
  .refine((value) => isDay(value.slice(0, 10)), 'is no day of the calendar')

// PostgreSQL refuses 30 February with an error; `Date` makes it 2 March.
function isDay(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date)
}

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
export function readCursor<Cursor extends z.ZodType>(
  cursor: string | undefined,
  schema: Cursor,
): z.infer<Cursor> | undefined {
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
