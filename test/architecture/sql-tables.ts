import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { FUNCTIONS, NAMED_BY_THE_PROGRAM, TABLES } from './tables.js'

/** A statement's look at a table, or its change of one. */
export interface Access {
  readonly file: string
  readonly module: string
  readonly table: string
  readonly kind: 'reads' | 'writes'
}

export interface Source {
  /** From the top folder on. */
  readonly file: string
  readonly text: string
}

/** Where the program puts in something: a table's name, perhaps. */
const HOLE = '\0'

/** The sources that may have statements; migrations make the tables, and are nobody's. */
export function sourcesOf(root: string): Source[] {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.(ts|sql)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .filter((file) => !file.startsWith('src/database/migrations/') && file !== 'src/database/schema.sql')
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
}

export function accessesIn(sources: readonly Source[]): Access[] {
  return sources.flatMap((source) => {
    const found = new Map<string, Access>()
    const add = (kind: Access['kind'], table: string): void => {
      if (!(table in TABLES)) return
      const access = { file: source.file, module: moduleOf(source.file), table, kind }
      found.set(`${kind} ${table}`, access)
    }
    for (const text of textsOf(source)) {
      for (const table of writtenIn(text)) add('writes', table)
      for (const table of readIn(text)) add('reads', table)
    }
    for (const table of entitiesIn(source)) add('writes', table)
    const given = NAMED_BY_THE_PROGRAM[source.file]
    for (const table of given?.writes ?? []) add('writes', table)
    for (const table of given?.reads ?? []) add('reads', table)
    return [...found.values()]
  })
}

export function breachesOf(sources: readonly Source[]): string[] {
  return [
    ...accessesIn(sources)
      .filter((access) => !isAllowed(access))
      .map(({ file, module, kind, table }) => `${file}: ${module} ${kind} ${table}`),
    ...sources.filter(namesUnknown).map(({ file }) => `${file}: the program puts a table's name in`),
  ]
}

function isAllowed({ module, table, kind }: Access): boolean {
  const { owner, readBy = [], writtenBy = {} } = TABLES[table] ?? { owner: '' }
  if (module === owner || module in writtenBy) return true
  return kind === 'reads' && readBy.includes(module)
}

/** What is allowed and nobody does any more. */
export function unusedRights(sources: readonly Source[]): string[] {
  const done = new Set(accessesIn(sources).map(({ module, table, kind }) => `${module} ${kind} ${table}`))
  return Object.entries(TABLES).flatMap(([table, { readBy = [], writtenBy = {} }]) =>
    [
      ...readBy.map((module) => `${module} reads ${table}`),
      ...Object.keys(writtenBy).map((module) => `${module} writes ${table}`),
    ].filter((right) => !done.has(right)),
  )
}

function moduleOf(file: string): string {
  const [, name] = /^src\/database\/functions\/(\w+)\.sql$/.exec(file) ?? []
  if (name !== undefined) return FUNCTIONS[name] ?? `nobody (${name} is not in FUNCTIONS)`
  return /^src\/([^/]+)\//.exec(file)?.[1] ?? 'the top'
}

const NAME = '([a-z_]+)'

function writtenIn(sql: string): string[] {
  const changes = [
    ...sql.matchAll(
      new RegExp(`\\b(?:insert into|delete from|merge into|truncate(?: table)?|copy) ${NAME}`, 'g'),
    ),
    ...sql.matchAll(new RegExp(`(?<!for (?:no key )?|do )\\bupdate (?!of\\b|skip\\b|set\\b)${NAME}`, 'g')),
  ]
  return changes.map(([, table = '']) => table)
}

function readIn(sql: string): string[] {
  // After a comma only with an alias behind it: else it is a column.
  const looks = sql.matchAll(
    new RegExp(
      `(?:\\b(?:(?<!delete )from|join|using) ${NAME}|, ${NAME}(?= (?!as\\b|from\\b|in\\b|is\\b|desc\\b)[a-z]))`,
      'g',
    ),
  )
  return [...looks].map(([, first, second]) => first ?? second ?? '')
}

function namesUnknown(source: Source): boolean {
  if (source.file in NAMED_BY_THE_PROGRAM) return false
  return textsOf(source).some((text) =>
    new RegExp(`\\b(?:from|join|insert into|merge into|update) ${HOLE}`).test(text),
  )
}

/** Every text in the source that may be a part of a statement, on one line. */
export function textsOf({ file, text }: Source): string[] {
  const texts = file.endsWith('.sql') ? [text.replace(/--.*$/gm, '')] : literalsOf(file, text)
  return texts
    .filter((one) => /\b(?:from|join|into|update|truncate|copy)\b/.test(one))
    .map((one) => one.replace(/\s+/g, ' '))
}

function literalsOf(file: string, text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return
    if (ts.isStringLiteralLike(node)) found.push(node.text)
    if (ts.isTemplateExpression(node)) {
      found.push(node.head.text + node.templateSpans.map(({ literal }) => HOLE + literal.text).join(''))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return found
}

/** TypeORM writes what it has the class of; a type alone does nothing. */
function entitiesIn({ file, text }: Source): string[] {
  if (!file.endsWith('.ts')) return []
  const own = [...text.matchAll(/@Entity\('(\w+)'\)/g)].map(([, name = '']) => name)
  const imported = [...text.matchAll(/^import \{([^}]*)\} from '[^']*\/([\w-]+)\.entity\.js'/gm)]
    .filter(([, names = '', name = '']) => names.split(/[\s,]+/).includes(classOf(name)))
    .map(([, , name = '']) => name.replaceAll('-', '_'))
  return [...own, ...imported]
}

function classOf(fileName: string): string {
  return fileName
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}
