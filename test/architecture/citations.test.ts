import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { citationBreaches, shelfOf, type Breach, type Shelf, type Source } from './citations.js'
import { ROOT } from './cruise.js'

const FOLDERS = ['src', 'test', 'simulator', 'bench', 'web', 'docs', 'scripts', 'docker']
const BESIDE = ['README.md', 'CONTRIBUTING.md', 'ormconfig.ts', '.dependency-cruiser.cjs', 'eslint.config.js']
const READ = new Set(['.ts', '.js', '.mjs', '.cjs', '.sql', '.md', '.css', '.html', '.yaml', '.conf'])

/** Plants breaches. */
const PLANTING = new Set(['test/architecture/citations.ts', 'test/architecture/citations.test.ts'])

function sources(): Source[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => READ.has(extname(name)) && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  )
  return [...inFolders, ...BESIDE]
    .filter((file) => !PLANTING.has(file))
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
}

const page = (name: string): string => readFileSync(join(ROOT, 'docs/reference', name), 'utf8')

function shelf(files: readonly Source[]): Shelf {
  const names = new Set([...files.map(({ file }) => basename(file)), 'CHANGELOG.md'])
  return shelfOf(
    { wopi: page('wopi.md'), clients: page('clients.md'), hazards: page('hazards.md') },
    {
      decisions: new Set(readdirSync(join(ROOT, 'docs/adr')).map((name) => String(parseInt(name, 10)))),
      holds: (path) => existsSync(join(ROOT, path)) || (!path.includes('/') && names.has(path)),
    },
  )
}

describe('citations', () => {
  it('lead to a section, a code or a document of this repository, and stand beside a reason', () => {
    const files = sources()
    expect(files.length).toBeGreaterThan(500)
    const here = shelf(files)
    expect(files.flatMap((source) => citationBreaches(source, here))).toEqual([])
  })
})

const SHELF = shelfOf(
  {
    wopi: '## 7. Locks\n\n### 7.2 States\n\n## 8. Others\n\n| 8.3  | DeleteFile |\n\n## 20. Quarrels\n\n| 4  | Empty |',
    clients: '## 1. Them\n\n| 28 | lost |\n| 52 | late |',
    hazards: '### 3.4 Refused\n\n| H-03 | empty |',
  },
  { decisions: new Set(['21']), holds: (path) => path === 'README.md' || path === 'docs/api.md' },
)

const found = (text: string, file = 'src/lock/planted.ts'): Breach['rule'][] =>
  citationBreaches({ file, text }, SHELF).map(({ rule }) => rule)

const BREACHES: Readonly<Record<string, readonly [text: string, rule: Breach['rule'], file?: string]>> = {
  'a section that is not there': ['/** Taken by whoever asks first (WOPI.md §7.9). */', 'no-such-section'],
  'one in the title of a test': ["it('WOPI.md §9: says so', () => {", 'no-such-section'],
  'one in a document': ['What a Lock does is in WOPI.md §9.', 'no-such-section', 'docs/planted.md'],
  'one in a statement': ['-- the clock is read behind the wait (hazards.md §2)', 'no-such-section'],
  'the second of two': ['// The rule stands twice, in WOPI.md §7.2, §9.', 'no-such-section'],
  'the end of a range': ['// As all of these say, WOPI.md §7–9.', 'no-such-section'],
  'one that is split between two lines': [
    '/**\n * Nobody else gets the lock meanwhile (WOPI.md\n * §9).\n */',
    'no-such-section',
  ],
  'one behind a page that has no such section': [
    '// Kept for its owner (CLIENTS.md §3.4).',
    'no-such-section',
  ],
  'a row of the quarrels that is not there': [
    '// Accepted in both forms (WOPI.md §20, 5).',
    'no-such-section',
  ],
  'a section of nothing': ['/** Taken by whoever asks first (§7.2). */', 'page-unnamed'],
  'a section of one of two pages': [
    '// WOPI.md and hazards.md both say that it expires.\nconst a = 1\n// Nobody has it any more (§7.2).',
    'page-unnamed',
  ],
  'a code that is not there': ["it('H-04: is there and empty', () => {", 'no-such-code'],
  'a code of no kind': ['/** What was refused is kept for its owner (Z-01). */', 'no-such-code'],
  'a pain that is not there': ['// Asked for on demand, once for all (pain 28, 53).', 'no-such-code'],
  'a decision that is not there': [
    '/** The lock is taken again on top of the head (ADR 12). */',
    'no-such-code',
  ],
  'a document outside of the repository': [
    '// Prepared, twice the rate of plain text (DESIGN.md).',
    'not-in-repository',
  ],
  'a document that is gone': ['// What it costs is told there: docs/gone.md.', 'not-in-repository'],
  'a ticket': ["describe('issue 11: a save that comes late', () => {", 'not-in-repository'],
  'a docstring that only points': ['/** WOPI.md §7. */', 'only-a-pointer'],
  'one with a word beside it': ['/** The rules of WOPI.md §7.2, H-03. */', 'only-a-pointer'],
  'a comment behind a line': ['const empty = 0 // WOPI.md §7.2', 'only-a-pointer'],
  'a pointer to somebody else’s document': ['// See RFC 7515 §4.1.11.', 'only-a-pointer'],
}

const RIGHT: Readonly<Record<string, string>> = {
  'a reason with its sections': '/** An expired lock is an unlocked file (WOPI.md §7.2, H-03). */',
  'a page under its older name': '/** Refused bytes are kept (RELIABILITY-SECURITY.md §3.4). */',
  'a row of a table': '// A locked file stays where it is (WOPI.md §8.3; §20, 4).',
  'a section of the only page that is named':
    "describe('locks (WOPI.md §7)', () => {\n  it('§7.2: restarts the timer', () => {",
  'sections of other people’s documents': '// Extensions must be refused (RFC 7515 §4.1.11), not ignored.',
  'pains, one and two': '// Refused bytes are kept, and asked for once (pain 28, 52).',
  'documents of the repository':
    '// The statuses are those of docs/api.md, README.md names them, and ADR 21 says why.',
  'a file that somebody uploads': "await alice.createsFile('notes.md', 'text')",
  'a value that looks like a code': "const key = { kid: 'no curve', crv: 'P-17' }",
  'a mark of the simulator': "const line = '§alice#1 one'",
  'a comment that cites nothing': '/** Ids. */',
}

describe('the test of them', () => {
  it.each(Object.entries(BREACHES))('finds %s', (_what, [text, rule, file]) => {
    expect(found(text, file)).toEqual([rule])
  })

  it.each(Object.entries(RIGHT))('lets pass %s', (_what, text) => {
    expect(found(text)).toEqual([])
  })

  it('says where', () => {
    const [breach] = citationBreaches({ file: 'src/a.ts', text: 'const a = 1\n\n/** Kept (Z-01). */' }, SHELF)
    expect(breach).toEqual({ file: 'src/a.ts', line: 3, rule: 'no-such-code', what: 'Z-01' })
  })
})
