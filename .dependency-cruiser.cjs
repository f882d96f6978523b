// The arrows of docs/architecture.md, as data. `npm run architecture` checks them, and so does
// test/architecture/architecture.test.ts. A new folder under src/ needs a line here before it may import anything.

/** What each module may import beside itself. Everything not listed is forbidden. */
const ARROWS = {
  wopi: [
    'saving',
    'incremental',
    'coauth-status',
    'discovery',
    'lock',
    'storage',
    'installation',
    'auth',
    'permission',
    'audit',
    'events',
    'database',
    'ids',
    'config',
    'http',
    'logging',
  ],
  api: [
    'saving',
    'coauth-status',
    'discovery',
    'lock',
    'opening',
    'storage',
    'installation',
    'auth',
    'permission',
    'audit',
    'events',
    'database',
    'ids',
    'config',
    'http',
    'logging',
  ],
  saving: [
    'incremental',
    'coauth-status',
    'lock',
    'storage',
    'permission',
    'audit',
    'events',
    'database',
    'ids',
    'config',
    'logging',
  ],
  pages: ['opening', 'discovery', 'auth', 'permission', 'database', 'ids', 'config', 'http', 'logging'],
  opening: ['discovery', 'lock', 'storage', 'permission', 'ids', 'config'],
  health: ['discovery', 'lock', 'storage', 'installation', 'database', 'http', 'config', 'logging'],
  'coauth-status': ['events', 'installation', 'database', 'ids', 'config', 'logging'],
  discovery: ['outbound', 'config', 'logging'],
  webhooks: ['events', 'database', 'config', 'logging'],
  lock: ['events', 'database', 'ids', 'config', 'logging'],
  storage: ['incremental', 'events', 'installation', 'database', 'ids', 'config', 'logging'],
  permission: ['auth', 'installation', 'database', 'ids', 'config', 'logging'],
  auth: ['outbound', 'database', 'ids', 'config', 'logging'],
  events: ['database', 'ids', 'config', 'logging'],
  installation: ['database', 'config', 'logging'],
  audit: ['installation', 'database', 'config', 'logging'],
  http: [],
  outbound: [],
  incremental: [],
  ids: [],
  database: ['ids', 'config', 'logging'],
  config: [],
  logging: [],
}

/** Single files that may import something more than their module may. */
const EXCEPTIONS = {
  // The DataSource is one for the server and the TypeORM command line; it knows every entity and migration.
  database: [
    { file: '^src/database/database\\.module\\.ts$', also: '^ormconfig\\.ts$' },
    { file: '^src/database/migrate\\.ts$', also: '^ormconfig\\.ts$' },
    { file: '^src/database/schema-release\\.ts$', also: '^ormconfig\\.ts$' },
  ],
  // Hands settings and logger to everybody.
  config: [{ file: '^src/config/config\\.module\\.ts$', also: '^src/logging/' }],
}

const OURS = '^(src|simulator|bench|test|ormconfig\\.ts)'
const TESTS = '\\.test\\.ts$'

const one = (names) => `(${names.join('|')})`

const arrows = Object.entries(ARROWS).map(([module, others]) => ({
  name: `arrow-${module}`,
  comment: `src/${module} may import ${others.join(', ') || 'no other module'}.`,
  severity: 'error',
  from: { path: `^src/${module}/`, pathNot: [TESTS, ...(EXCEPTIONS[module] ?? []).map(({ file }) => file)] },
  to: { path: OURS, pathNot: `^src/${one([module, ...others])}/` },
}))

const exceptions = Object.entries(EXCEPTIONS).flatMap(([module, list]) =>
  list.map(({ file, also }) => ({
    name: `arrow-${module}`,
    comment: `This file may import what src/${module} may, and ${also}.`,
    severity: 'error',
    from: { path: file },
    to: { path: OURS, pathNot: [`^src/${one([module, ...ARROWS[module]])}/`, also] },
  })),
)

module.exports = {
  forbidden: [
    ...arrows,
    ...exceptions,
    {
      name: 'module-without-arrows',
      comment: 'Say in ARROWS of .dependency-cruiser.cjs what this new folder under src/ may import.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/${one(Object.keys(ARROWS))}/` },
      to: {},
    },
    {
      name: 'nobody-imports-the-top',
      comment: 'main.ts, app.ts and their like put the modules together; no module may know of them.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: TESTS },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'datasource-knows-tables-only',
      comment: 'ormconfig.ts lists entities and migrations, and says what a connection is; nothing else.',
      severity: 'error',
      from: { path: '^ormconfig\\.ts$' },
      to: {
        path: OURS,
        pathNot: [
          '\\.entity\\.ts$',
          '^src/database/migrations/',
          '^src/database/(database-client|session-settings)\\.ts$',
        ],
      },
    },
    {
      name: 'product-knows-no-tests',
      comment: 'What ships must not need what tests, measures or simulates it.',
      severity: 'error',
      from: { path: '^(src|ormconfig\\.ts)', pathNot: TESTS },
      to: { path: '^(test|simulator|bench)/' },
    },
    {
      name: 'simulator-shares-no-code',
      comment: 'The simulator must not import the server: an error on both sides would cancel out.',
      severity: 'error',
      from: { path: '^simulator/' },
      to: { path: '^(src|bench|test|ormconfig\\.ts)' },
    },
    {
      name: 'state-knows-no-http',
      comment:
        'Saving, locks, storage, audit and what is below them know nothing of HTTP: any face may use them.',
      severity: 'error',
      from: { path: `^src/${one(['saving', 'lock', 'storage', 'audit', 'database', 'config', 'logging'])}/` },
      to: { path: '(^|/)(https?|express|@nestjs/platform-express|@nestjs/swagger|passport)(/|$)' },
    },
    {
      name: 'outbound-is-bounded',
      comment:
        'An answer that is read into memory comes through src/outbound: it has limits, and follows nothing.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/outbound/', '^src/webhooks/webhook-call\\.ts$', TESTS] },
      to: { path: '(^|/)node_modules/(undici|axios|got)/' },
    },
    {
      name: 'faces-know-no-sql',
      comment: 'WOPI, REST and HTTP speak to services; statements live in the modules that own the tables.',
      severity: 'error',
      from: { path: `^src/${one(['wopi', 'api', 'pages', 'opening', 'http'])}/` },
      to: { path: '(^|/)node_modules/(pg|typeorm)/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports this file and it imports nothing: dead, or its importer was forgotten.',
      severity: 'error',
      from: { orphan: true, path: OURS, pathNot: TESTS },
      to: {},
    },
    {
      name: 'no-dead-file',
      comment: 'No program of package.json reaches this file.',
      severity: 'error',
      from: { path: '^src/(main|token|fsck)\\.ts$' },
      to: { path: '^src/', pathNot: [TESTS, '^src/(main|token|fsck)\\.ts$'], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types are knowledge, too: an import that the compiler erases counts.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
