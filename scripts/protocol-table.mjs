// node scripts/protocol-table.mjs: writes docs/protocol.md from scripts/protocol.json (what the protocol has), the
// sources (what of it Tandem has) and the tests (what shows it). With --check: fails when the page is not that.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const PAGE = 'docs/protocol.md'
const read = (path) => readFileSync(join(root, path), 'utf8')
const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort()

const protocol = JSON.parse(read('scripts/protocol.json'))
const implemented = new Set(
  filesIn('src/wopi', '.ts').flatMap((path) =>
    [...read(path).matchAll(/readonly name = '(\w+)'/g)].map(([, name]) => name),
  ),
)
const sent = {
  file: [
    'src/wopi/files/check-file-info.ts',
    'src/wopi/containers/container-info.ts',
    'src/wopi/files/share-types.ts',
    'src/wopi/files/host-page.ts',
    'src/wopi/files/file-url.ts',
  ],
  container: ['src/wopi/containers/container-info.ts', 'src/wopi/files/share-types.ts'],
}

// SupportsCoauth is sent with COAUTH_PROFILE=web as well: without it editors do not co-author (WOPI.md §5.2).
const onlyPlus = new Set(
  protocol.fileProperties['CSPP Plus set: send all eight or none'].filter(
    (name) => name !== 'SupportsCoauth',
  ),
)

const link = (path) => `[${path.slice('test/'.length)}](../${path})`

function operationRow({ name, call, override, profile, test, fails }) {
  const words = [code(name), code(call), override === undefined ? '' : code(override)]
  if (!implemented.has(name.split(' ')[0]))
    return [...words, '501', '501', link('test/wopi/unsupported.test.ts')]
  if (test === undefined || !existsSync(join(root, test))) throw new Error(`${name} has no test`)
  return [...words, profile === undefined ? 'yes' : 'plus', fails.join(' '), link(test)]
}

// CheckFileInfo's own test first, then those of WOPI, then any.
const tests = filesIn('test', '.test.ts')
const rankOf = (path) =>
  path.endsWith('/check-file-info.test.ts') ? 0 : path.startsWith('test/wopi/') ? 1 : 2
const ranked = tests.toSorted((a, b) => rankOf(a) - rankOf(b))

function propertyRow(name, sources, candidates) {
  const word = new RegExp(`\\b${name}\\b`)
  const isSent = sources.some((path) => word.test(withoutComments(read(path))))
  if (!isSent) return [code(name), '–', '']
  const test = candidates.find((path) => word.test(read(path)))
  if (test === undefined) throw new Error(`${name} has no test`)
  return [code(name), onlyPlus.has(name) ? 'plus' : 'yes', link(test)]
}

const code = (text) => `\`${text}\``
const withoutComments = (text) => text.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const containerTests = ['test/wopi/containers.test.ts', 'test/wopi/share-links.test.ts']
const page = `# What of WOPI Tandem speaks

Written by \`node scripts/protocol-table.mjs\`; \`test/docs/protocol.test.ts\` fails when it is not what the sources say.

Every operation is refused in the same order: 401 without a good token, 404 without the right, 501 for what is not supported, 400 for what is malformed. What each refusal means: [errors.md](errors.md#wopi).

## Operations

${table(['Operation', 'Call', 'X-WOPI-Override', 'Supported', 'May fail with', 'Test'], protocol.operations.map(operationRow))}

Each of those failures is provoked, or has its reason why it never comes, in ${link('test/wopi/failure-matrix.test.ts')}. Beside them every call may be answered 500 for a proof that does not fit, and 503 while the database is away.

"plus": with \`COAUTH_PROFILE=plus\`, for native clients; else 501.

The bootstrapper takes its operation in \`X-WOPI-EcosystemOperation\`, or in \`X-WOPI-Override\`.

- **Folders that a user may not see** are left out of EnumerateAncestors and EnumerateChildren. The root is there for everybody.
- **Tokens in returned addresses** are for exactly what the address names, for the same user, and end when the presented one does.
- **GetFileWopiSrc** takes a file's id, or its address under \`/view/\`, \`/edit/\` or \`/wopi/files/\`.
- **DeleteContainer** deletes empty containers only; the root is neither deleted nor renamed.
- **GetShareUrl** is offered to owners with an edit token; [who opens such a link](api.md#share-links) must be signed in.
- **Coauth locks** exclude the WOPI lock, and the other way round; their time is exact. RenameFile takes X-WOPI-CoauthLockId. Lock, RefreshLock and UnlockAndRelock take X-WOPI-LockExpirationTimeout and X-WOPI-LockUserVisible with \`COAUTH_PROFILE=plus\`.
- **AddActivities** accepts comments, which become events without their text; everything else is answered "not supported" (3).

## Properties of CheckFileInfo

"–" is left out: the protocol's default holds. "plus" is sent with \`COAUTH_PROFILE=plus\` only.
${Object.entries(protocol.fileProperties)
  .map(
    ([group, names]) =>
      `\n### ${group}\n\n${table(
        ['Property', 'Sent', 'Test'],
        names.map((name) => propertyRow(name, sent.file, ranked)),
      )}`,
  )
  .join('\n')}

## Properties of CheckContainerInfo

${table(
  ['Property', 'Sent', 'Test'],
  protocol.containerProperties.map((name) => propertyRow(name, sent.container, containerTests)),
)}
`

const pretty = execFileSync(join(root, 'node_modules/.bin/prettier'), ['--stdin-filepath', PAGE], {
  cwd: root,
  input: page,
  encoding: 'utf8',
})
if (!process.argv.includes('--check')) writeFileSync(join(root, PAGE), pretty)
else if (!existsSync(join(root, PAGE)) || read(PAGE) !== pretty) {
  console.error(`${PAGE} is not current; run: node scripts/protocol-table.mjs`)
  process.exitCode = 1
}
