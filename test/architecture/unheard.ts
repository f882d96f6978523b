import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** What makes something that can emit `error`, by the module it comes from. */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['connect', 'createConnection', 'createServer', 'Socket', 'Server'],
  'node:tls': ['connect', 'createServer', 'TLSSocket'],
  'node:http': ['createServer', 'request', 'get', 'Server'],
  'node:https': ['createServer', 'request', 'get', 'Server'],
  'node:http2': ['connect', 'createServer', 'createSecureServer'],
  'node:dgram': ['createSocket'],
  'node:child_process': ['spawn', 'fork', 'exec', 'execFile'],
  'node:cluster': ['fork'],
  'node:fs': ['createReadStream', 'createWriteStream', 'watch'],
  'node:worker_threads': ['Worker'],
  'node:events': ['EventEmitter'],
  'node:zlib': ['createGunzip', 'createInflate', 'createBrotliDecompress', 'createGzip'],
  'node:stream': ['PassThrough', 'Transform', 'Writable', 'Duplex'],
  'pg-boss': ['default'],
  pg: ['Client', 'Pool'],
}

/** Heard, but not where they are made. */
const HEARD_ELSEWHERE: Readonly<Record<string, string>> = {
  'src/http/fast-express.adapter.ts': 'src/serve.ts hears the server (hearErrors)',
}

/** Where PostgreSQL may be connected to by other means than `DatabaseClient`; such a client must be heard all the same. */
const OWN_CONNECTION: Readonly<Record<string, string>> = {
  'src/database/embedded/embedded-postgres.ts':
    'waits for a PostgreSQL that it started, and makes the database',
}

/** Methods that never reject, and say so where they are; seen to by whoever changes this list. */
const NEVER_REJECT = ['editor.refresh', 'editor.refreshOnDemand']

export interface Finding {
  readonly file: string
  readonly rule: 'own-connection' | 'unheard-emitter' | 'floating-promise'
  readonly what: string
}

/** All that would end the process, or pass unnoticed, when something fails that nobody waits for. */
export function unheardIn(root: string, folder = 'src'): Finding[] {
  const sources = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => {
      const file = join(folder, name)
      return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
    })
  if (sources.length === 0) throw new Error(`there are no sources in ${folder}`)
  const wrappers = new Set<string>()
  // A function that hands out what it made is a maker as well, for whoever calls it.
  for (let before = -1; before < wrappers.size;) {
    before = wrappers.size
    for (const source of sources) for (const name of wrappersIn(source, wrappers)) wrappers.add(name)
  }
  return sources.flatMap((source) => findingsIn(source, wrappers))
}

function findingsIn(source: ts.SourceFile, wrappers: ReadonlySet<string>): Finding[] {
  const file = source.fileName
  const found: Finding[] = []
  const pgNames = importsOf(source).get('pg')
  for (const node of everyNode(source)) {
    if (ts.isVoidExpression(node) && !isCaught(node.expression, source)) {
      found.push({ file, rule: 'floating-promise', what: node.getText() })
    }
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) continue
    if (!makes(node, source, wrappers)) continue
    const callee = node.expression.getText()
    if (pgNames && /(^|\.)(Client|Pool)$/.test(callee)) {
      if (!(file in OWN_CONNECTION)) found.push({ file, rule: 'own-connection', what: callee })
      else if (!isHeard(node, source)) found.push({ file, rule: 'unheard-emitter', what: callee })
    } else if (!(file in HEARD_ELSEWHERE) && !isHeard(node, source)) {
      found.push({ file, rule: 'unheard-emitter', what: node.getText().slice(0, 80) })
    }
  }
  return found
}

type Making = ts.CallExpression | ts.NewExpression

function makes(node: Making, source: ts.SourceFile, wrappers: ReadonlySet<string>): boolean {
  const callee = node.expression.getText()
  const last = callee.split('.').at(-1) ?? callee
  // A client of ours has its listener from birth.
  if (wrappers.has(callee) || (wrappers.has(last) && callee === `this.${last}`)) return true
  for (const [module, names] of importsOf(source)) {
    const makers = MAKERS[module] ?? MAKERS[`node:${module}`]
    if (!makers) continue
    for (const { local, imported } of names) {
      if (callee === local && makers.includes(imported)) return true
      if (imported === 'default' && makers.some((maker) => callee === `${local}.${maker}`)) return true
    }
  }
  return false
}

function wrappersIn(source: ts.SourceFile, wrappers: ReadonlySet<string>): string[] {
  const names: string[] = []
  for (const node of everyNode(source)) {
    if (!(ts.isCallExpression(node) || ts.isNewExpression(node)) || !makes(node, source, wrappers)) continue
    if (/(^|\.)(Client|Pool)$/.test(node.expression.getText())) continue
    const holder = outOf(node)
    const maker = ts.isReturnStatement(holder.parent) && holder.parent.parent.parent
    if (maker && ts.isFunctionDeclaration(maker) && maker.name) names.push(maker.name.text)
  }
  for (const node of everyNode(source)) {
    if (!ts.isClassDeclaration(node) || !node.name) continue
    const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]
    const isEmitter = [...importsOf(source)].some(([module, imported]) =>
      imported.some(
        (one) => one.local === base?.expression.getText() && MAKERS[module]?.includes(one.imported),
      ),
    )
    if (isEmitter) names.push(node.name.text)
  }
  return names
}

/** The expression that has its value, past parentheses, conditions and the like. */
function outOf(node: ts.Node): ts.Node {
  const { parent } = node
  const passes =
    ts.isParenthesizedExpression(parent) ||
    ts.isConditionalExpression(parent) ||
    ts.isAwaitExpression(parent) ||
    ts.isAsExpression(parent) ||
    ts.isNonNullExpression(parent)
  return passes ? outOf(parent) : node
}

function isHeard(node: Making, source: ts.SourceFile): boolean {
  const at = outOf(node)
  const { parent } = at
  if (ts.isReturnStatement(parent)) return true // whoever calls the wrapper is asked instead
  if (ts.isPropertyAccessExpression(parent)) return /^\s*\.(on|once)\(\s*'error'/.test(textAfter(at, source))
  if (ts.isVariableDeclaration(parent)) return hears(parent.name.getText(), source)
  if (ts.isBinaryExpression(parent) && parent.right === at) return hears(parent.left.getText(), source)
  if (ts.isForOfStatement(parent)) return parent.awaitModifier !== undefined
  if (ts.isCallExpression(parent)) {
    const parameter = parameterFor(parent, at, source)
    return parameter !== undefined && hears(parameter, source)
  }
  return false
}

/** Under which name a function of the same file is given it. */
function parameterFor(call: ts.CallExpression, argument: ts.Node, source: ts.SourceFile): string | undefined {
  const name = call.expression.getText().split('.').at(-1)
  const index = call.arguments.findIndex((one) => one === argument)
  for (const node of everyNode(source)) {
    if (!ts.isMethodDeclaration(node) && !ts.isFunctionDeclaration(node)) continue
    if (node.name?.getText() === name) return node.parameters[index]?.name.getText()
  }
  return undefined
}

function hears(holder: string, source: ts.SourceFile): boolean {
  const name = holder.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return [
    `${name}\\??\\s*\\.(on|once)\\(\\s*'error'`,
    `\\b(once|text|pipeline|finished)\\(${name}\\b(?!, 'listening')`,
    `\\bhearErrors\\(${name}\\b`,
    `for await \\(const \\w+ of ${name}\\)`,
  ].some((form) => new RegExp(form).test(source.text))
}

/** `.catch(…)` at its end, or a method of this file that is one `try` with a `catch`. */
function isCaught(promise: ts.Expression, source: ts.SourceFile): boolean {
  if (!ts.isCallExpression(promise)) return !ts.isIdentifier(promise) || promise.text === 'undefined'
  const callee = promise.expression
  if (!ts.isPropertyAccessExpression(callee)) return false
  if (callee.name.text === 'catch' || NEVER_REJECT.includes(callee.getText())) return true
  if (callee.expression.kind !== ts.SyntaxKind.ThisKeyword) return false
  return everyNode(source).some(
    (node) =>
      ts.isMethodDeclaration(node) &&
      node.name.getText() === callee.name.text &&
      node.body?.statements.length === 1 &&
      node.body.statements.every((one) => ts.isTryStatement(one) && one.catchClause !== undefined),
  )
}

interface Imported {
  readonly local: string
  readonly imported: string
}

function importsOf(source: ts.SourceFile): Map<string, Imported[]> {
  const imports = new Map<string, Imported[]>()
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const names: Imported[] = []
    const { name, namedBindings } = statement.importClause ?? {}
    if (name) names.push({ local: name.text, imported: 'default' })
    if (namedBindings && ts.isNamespaceImport(namedBindings)) {
      names.push({ local: namedBindings.name.text, imported: 'default' })
    } else if (namedBindings) {
      for (const one of namedBindings.elements) {
        names.push({ local: one.name.text, imported: (one.propertyName ?? one.name).text })
      }
    }
    imports.set(statement.moduleSpecifier.text, names)
  }
  return imports
}

function everyNode(source: ts.SourceFile): ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return nodes
}

function textAfter(node: ts.Node, source: ts.SourceFile): string {
  return source.text.slice(node.getEnd(), node.getEnd() + 80)
}
