import { basename } from 'node:path'

/** What there is to cite: the pages of docs/reference/, by the names under which they are cited. */
export interface Shelf {
  /** `7.2` of the heading `### 7.2 State table`, or of a table's row, by page. */
  readonly sections: ReadonlyMap<Page, ReadonlySet<string>>
  /** Rows of WOPI.md §20. */
  readonly disagreements: ReadonlySet<string>
  /** `H-03` */
  readonly codes: ReadonlySet<string>
  /** `28` of `pain 28` */
  readonly pains: ReadonlySet<string>
  /** `21` of `ADR 21` */
  readonly decisions: ReadonlySet<string>
  /** Is there such a document in the repository, at this path or under this name? */
  readonly holds: (path: string) => boolean
}

export type Page = 'wopi' | 'clients' | 'hazards'

export const PAGES: readonly Page[] = ['wopi', 'clients', 'hazards']

/** What a page was called where it was first cited. */
const CALLED: Readonly<Record<string, Page>> = { 'reliability-security': 'hazards' }

export interface Source {
  readonly file: string
  readonly text: string
}

export interface Breach {
  readonly file: string
  readonly line: number
  readonly rule: 'no-such-section' | 'no-such-code' | 'page-unnamed' | 'not-in-repository' | 'only-a-pointer'
  readonly what: string
}

/** Reads what the pages offer from their headings and the first cells of their tables. */
export function shelfOf(
  pages: Readonly<Record<Page, string>>,
  { decisions, holds }: Pick<Shelf, 'decisions' | 'holds'>,
): Shelf {
  const cells = (page: Page, form: string): Set<string> =>
    new Set([...pages[page].matchAll(new RegExp(`^\\| (${form}) +\\|`, 'gm'))].map(([, cell = '']) => cell))
  const sectionsOf = (page: Page): Set<string> =>
    new Set([
      ...[...pages[page].matchAll(/^##+ (\d+(?:\.\d+)*)\.? /gm)].map(([, number = '']) => number),
      ...cells(page, '\\d+\\.\\d+'),
    ])
  return {
    sections: new Map(PAGES.map((page) => [page, sectionsOf(page)])),
    disagreements: cells('wopi', '\\d+'),
    codes: cells('hazards', '[A-Z]-\\d\\d'),
    pains: cells('clients', '\\d+'),
    decisions,
    holds,
  }
}

/** All citations of a file that lead nowhere, and its comments that say nothing else. */
export function citationBreaches({ file, text }: Source, shelf: Shelf): Breach[] {
  const passages = passagesOf(text)
  const onlyPage = onlyPageOf(file, text)
  return passages.flatMap(({ line, text: passage, isComment }) => {
    const breach = (rule: Breach['rule'], what: string): Breach => ({ file, line, rule, what })
    return [
      ...brokenCitations(passage, onlyPage, shelf).map(([rule, what]) => breach(rule, what)),
      ...(isComment && isOnlyPointer(passage) ? [breach('only-a-pointer', passage)] : []),
    ]
  })
}

interface Passage {
  readonly line: number
  readonly text: string
  readonly isComment: boolean
}

const COMMENT_LINE = /^\s*(?:\/\*\*?|\*\/|\*(?= |$)|\/\/|--(?= ))/

/** A comment of several lines is one passage: a citation may be split between them. Every other line is one alone. */
function passagesOf(text: string): Passage[] {
  const passages: { line: number; text: string; isComment: boolean }[] = []
  let within: (typeof passages)[number] | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const trailing = /^(.*\S) \/\/ (.*)$/.exec(line)
    if (COMMENT_LINE.test(line)) {
      const words = line
        .replace(COMMENT_LINE, '')
        .replace(/\*\/.*$/, '')
        .trim()
      // `/**` begins another comment, also right behind one.
      if (!within || /^\s*\/\*/.test(line)) {
        within = { line: index + 1, text: '', isComment: true }
        passages.push(within)
      }
      within.text = `${within.text} ${words}`.trim()
      continue
    }
    within = undefined
    passages.push({ line: index + 1, text: trailing?.[1] ?? line, isComment: false })
    if (trailing) passages.push({ line: index + 1, text: trailing[2] ?? '', isComment: true })
  }
  return passages
}

/** A section whose page is not named beside it is one of the only page that the file names. */
function onlyPageOf(file: string, text: string): Page | undefined {
  const own = PAGES.find((page) => file.endsWith(`docs/reference/${page}.md`))
  if (own) return own
  const named = new Set([...text.matchAll(DOCUMENT)].map(([path]) => pageOf(path)).filter((page) => page))
  return named.size === 1 ? [...named][0] : undefined
}

const DOCUMENT = /(?:[\w.-]+\/)*[\w-]+\.md\b/g

function pageOf(path: string): Page | undefined {
  if (path.includes('/') && !path.endsWith(`reference/${basename(path)}`)) return undefined
  const name = basename(path, '.md').toLowerCase()
  return CALLED[name] ?? PAGES.find((page) => page === name)
}

/** Sections of other people's documents, which are named in full. */
const ELSEWHERE = String.raw`(?:RFC \d+|OpenID Connect[\w .]*?|Back-Channel Logout) §[\d.]+`
const SECTION = String.raw`§(?<section>\d+(?:\.\d+)*)(?:–(?<upTo>\d+))?(?:(?:, | #)(?<row>\d+)\b(?!\.))?`
const CODE = String.raw`(?<quote>['"\`]?)\b(?<code>[A-Z]-\d\d)\b`
const PAIN = String.raw`\bpains? (?<pains>\d+(?:(?:, | and )\d+)*)`
const DECISION = String.raw`\bADR (?<decision>\d+)`
const TICKET = String.raw`\b[Ii]ssue \d+\b`

const CITATION = new RegExp(
  [ELSEWHERE, `(?<path>${DOCUMENT.source})`, SECTION, CODE, PAIN, DECISION, `(?<ticket>${TICKET})`].join('|'),
  'g',
)

type Broken = readonly [rule: Breach['rule'], what: string]

function brokenCitations(passage: string, onlyPage: Page | undefined, shelf: Shelf): Broken[] {
  const broken: Broken[] = []
  let page = onlyPage
  for (const found of passage.matchAll(CITATION)) {
    const { path, section, upTo, row, quote, code, pains, decision, ticket } = found.groups ?? {}
    if (path !== undefined) {
      page = pageOf(path) ?? page
      if (!isHeld(path, shelf)) broken.push(['not-in-repository', path])
    }
    if (ticket !== undefined) broken.push(['not-in-repository', ticket])
    if (decision !== undefined && !shelf.decisions.has(decision)) broken.push(['no-such-code', found[0]])
    if (section !== undefined && page === undefined) broken.push(['page-unnamed', found[0]])
    if (section !== undefined && page !== undefined) {
      const there = shelf.sections.get(page)
      for (const one of upTo === undefined ? [section] : [section, upTo]) {
        if (!there?.has(one)) broken.push(['no-such-section', `${page}.md §${one}`])
      }
      if (page === 'wopi' && section === '20' && row !== undefined && !shelf.disagreements.has(row)) {
        broken.push(['no-such-section', `wopi.md §20, ${row}`])
      }
    }
    // A text that is nothing but such a code is a value, such as the name of a curve.
    const isValue = quote !== '' && passage[found.index + found[0].length] === quote
    if (code !== undefined && !isValue && !shelf.codes.has(code)) broken.push(['no-such-code', code])
    for (const [pain] of pains?.matchAll(/\d+/g) ?? []) {
      if (!shelf.pains.has(pain)) broken.push(['no-such-code', `pain ${pain}`])
    }
  }
  return broken
}

/** `notes.md` is what somebody uploads in a test; a document is written in capitals, or with its folder. */
function isHeld(path: string, { holds }: Shelf): boolean {
  if (pageOf(path) !== undefined) return true
  if (!/^[A-Z][A-Z-]+\.md$/.test(path) && !path.startsWith('docs/')) return true
  return holds(path)
}

/** Words that a pointer may have beside what it points at. */
const JOINING = /\b(?:the|a|an|of|as|in|by|see|and|from|to|for|with|rows?|check|also)\b/gi

/** Fewer words than make a reason. */
const LEAST_WORDS = 2

function isOnlyPointer(comment: string): boolean {
  const rest = comment.replace(CITATION, ' ')
  if (rest === comment) return false
  const words = rest.replace(JOINING, ' ').match(/\p{L}[\p{L}\p{N}'’_-]*/gu) ?? []
  return words.length < LEAST_WORDS
}
