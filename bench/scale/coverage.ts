import { z } from 'zod'
import { LOOKS, NOT_A_LIST } from './lists.js'
import { sizesOf } from './sizes.js'

/** As much of an OpenAPI document as says what can be asked. */
const document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ parameters: z.array(z.object({ in: z.string(), name: z.string() })).default([]) }),
    ),
  ),
})

/** The runner follows every list to its next page by itself, and asks for pages as long as they are by default. */
const PAGING: ReadonlySet<string> = new Set(['limit', 'cursor'])

/** What the server can be asked to read, by its own document, that no line of lists.ts asks; or what is asked in vain. */
export function uncovered(openApi: unknown): string[] {
  const routes = new Map<string, string[]>()
  for (const [path, methods] of Object.entries(document.parse(openApi).paths)) {
    const parameters = methods['get']?.parameters
    if (!parameters) continue
    const filters = parameters.filter((one) => one.in === 'query' && !PAGING.has(one.name))
    routes.set(
      `GET ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      filters.map(({ name }) => name),
    )
  }
  const missing = [...routes].flatMap(([route, filters]) => {
    if (route in NOT_A_LIST) return []
    if (!(route in LOOKS)) return [`${route} is not in bench/scale/lists.ts`]
    const known = filtersOf(route)
    return filters.filter((name) => !known.has(name)).map((name) => `${route} is not measured with ${name}=`)
  })
  const gone = [...Object.keys(LOOKS), ...Object.keys(NOT_A_LIST)].filter(
    (route) => route.startsWith('GET /api/') && !routes.has(route),
  )
  return [...missing, ...gone.map((route) => `${route} is in bench/scale/lists.ts, and no route`)]
}

function filtersOf(route: string): Set<string> {
  const asked = (LOOKS[route] ?? []).map(({ path }) => new URL(path(0, sizesOf(0.01)), 'http://localhost'))
  return new Set(asked.flatMap(({ searchParams }) => [...searchParams.keys()]))
}
