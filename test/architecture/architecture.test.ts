import { appendFile, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cruise, ROOT, ruleNames, type Violation } from './cruise.js'

describe('architecture', () => {
  it('has no arrow that docs/architecture.md does not allow', async () => {
    expect(await cruise(ROOT)).toEqual([])
  })
})

/** A line added to a file of a copy of the sources, and the rule that must object. */
const BREACHES: readonly (readonly [file: string, line: string, rule: string])[] = [
  ['src/lock/planted.ts', `import '../wopi/wopi.module.js'`, 'arrow-lock'],
  ['src/saving/planted.ts', `import '../wopi/protocol/wopi-error.js'`, 'arrow-saving'],
  ['src/saving/planted.ts', `import type { IncomingMessage } from 'node:http'`, 'state-knows-no-http'],
  ['src/storage/planted.ts', `import type { LockState } from '../lock/lock.service.js'`, 'arrow-storage'],
  ['src/permission/planted.ts', `import '../api/http/api-problem.js'`, 'arrow-permission'],
  ['src/auth/planted.ts', `import '../permission/role.js'`, 'arrow-auth'],
  ['src/audit/planted.ts', `import '../http/answer.js'`, 'arrow-audit'],
  ['src/incremental/planted.ts', `import '../storage/blobs/blob-store.js'`, 'arrow-incremental'],
  ['src/ids/planted.ts', `import '../database/database.js'`, 'arrow-ids'],
  ['src/http/planted.ts', `import '../storage/blobs/blob-store.js'`, 'arrow-http'],
  ['src/api/planted.ts', `import '../wopi/protocol/wopi-error.js'`, 'arrow-api'],
  ['src/wopi/planted.ts', `import '../health/readiness.js'`, 'arrow-wopi'],
  ['src/pages/planted.ts', `import '../api/http/api-problem.js'`, 'arrow-pages'],
  ['src/opening/planted.ts', `import '../coauth-status/presence.js'`, 'arrow-opening'],
  ['src/health/planted.ts', `import '../permission/role.js'`, 'arrow-health'],
  ['src/events/planted.ts', `import '../storage/blobs/blob-store.js'`, 'arrow-events'],
  ['src/webhooks/planted.ts', `import '../lock/lock.service.js'`, 'arrow-webhooks'],
  ['src/coauth-status/planted.ts', `import '../lock/lock.service.js'`, 'arrow-coauth-status'],
  [
    'src/discovery/planted.ts',
    `import type { Head } from '../storage/files/file.service.js'`,
    'arrow-discovery',
  ],
  ['src/database/planted.ts', `import '../storage/containers/container.entity.js'`, 'arrow-database'],
  ['src/database/migrate.ts', `import '../storage/containers/container.entity.js'`, 'arrow-database'],
  ['src/config/planted.ts', `import '../database/database.js'`, 'arrow-config'],
  ['src/config/config.module.ts', `import '../database/database.js'`, 'arrow-config'],
  ['src/installation/planted.ts', `import '../storage/blobs/blob-store.js'`, 'arrow-installation'],
  ['src/logging/planted.ts', `import '../config/settings.js'`, 'arrow-logging'],
  ['src/newcomer/planted.ts', `import '../lock/lock-rules.js'`, 'module-without-arrows'],
  ['src/lock/planted.ts', `import '../app.js'`, 'nobody-imports-the-top'],
  ['ormconfig.ts', `import './src/storage/files/file.service.js'`, 'datasource-knows-tables-only'],
  ['src/wopi/planted.ts', `import '../../test/kit/wopi.js'`, 'product-knows-no-tests'],
  ['simulator/planted.ts', `import '../src/wopi/protocol/utf7.js'`, 'simulator-shares-no-code'],
  ['src/lock/planted.ts', `import type { IncomingMessage } from 'node:http'`, 'state-knows-no-http'],
  ['src/storage/planted.ts', `import 'express'`, 'state-knows-no-http'],
  ['src/permission/planted.ts', `import 'undici'`, 'outbound-is-bounded'],
  ['src/outbound/planted.ts', `import '../config/config.js'`, 'arrow-outbound'],
  ['src/api/planted.ts', `import 'pg'`, 'faces-know-no-sql'],
  ['src/wopi/planted.ts', `import type { DataSource } from 'typeorm'`, 'faces-know-no-sql'],
  ['src/lock/circle-a.ts', `import type { B } from './circle-b.js'`, 'no-cycle'],
  ['src/lock/circle-b.ts', `import './circle-a.js'`, 'no-dead-file'],
  ['src/lock/orphan.ts', `export const nobodyImportsThis = 1`, 'no-orphan'],
  ['src/lock/dead.ts', `import './lock-rules.js'`, 'no-dead-file'],
]

describe('the architecture test itself', () => {
  let root: string
  let found: readonly Violation[]

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tandem-architecture-'))
    for (const name of ['src', 'simulator', 'bench', 'test', 'ormconfig.ts', 'tsconfig.json']) {
      await cp(join(ROOT, name), join(root, name), { recursive: true })
    }
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    for (const [file, line] of BREACHES) {
      await mkdir(dirname(join(root, file)), { recursive: true })
      await appendFile(join(root, file), `${line}\n`)
    }
    found = await cruise(root)
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it.each(BREACHES)('objects when %s says %s', (file, _line, rule) => {
    expect(found.filter(({ from }) => from === file).map((violation) => violation.rule)).toContain(rule)
  })

  it('has a planted breach for every rule', () => {
    expect(new Set(BREACHES.map(([, , rule]) => rule))).toEqual(new Set(ruleNames()))
  })
})
