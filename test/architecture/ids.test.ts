import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Compiled, type Plant } from './compiled.js'
import { ROOT } from './cruise.js'

/** Mistakes that a text for every id let through, and what the compiler must object to. */
const MISTAKES: readonly (Plant & { readonly what: string })[] = [
  {
    what: "a lock's id for a file's, and the other way round",
    file: 'src/wopi/locks/lock.ts',
    find: 'this.locks.lock(request.params.id, lockId, by,',
    replace: 'this.locks.lock(lockId, request.params.id, by,',
  },
  {
    what: 'the same in the values of a statement',
    file: 'src/lock/late-lock-calls.ts',
    find: 'query(NOTICE, [fileId, lockId])',
    replace: 'query(NOTICE, [lockId, fileId])',
  },
  {
    what: 'the same on the way to a statement',
    file: 'src/lock/lock.service.ts',
    find: 'this.change(UNLOCK, fileId, [...admissionOf(by), lockId])',
    replace: 'this.change(UNLOCK, fileId, [...admissionOf(by), fileId])',
  },
  {
    what: "a person's id for their token's",
    file: 'src/lock/coauth-lock.service.ts',
    find: 'query(COAUTH_TABLE, [fileId, tokenId, userId,',
    replace: 'query(COAUTH_TABLE, [fileId, userId, tokenId,',
  },
  {
    what: 'the same in a field',
    file: 'src/wopi/files/presence-reporter.ts',
    find: 'jti: tokenId,\n      userId,',
    replace: 'jti: userId,\n      userId,',
  },
  {
    what: "a person's id for a file's",
    file: 'src/permission/access.service.ts',
    find: 'query(FILE_RANK, [userId, fileId])',
    replace: 'query(FILE_RANK, [fileId, userId])',
  },
  {
    what: "a person's id for a container's",
    file: 'src/storage/containers/container-tree.ts',
    find: 'query(CHILD_FILES, [userId, containerId])',
    replace: 'query(CHILD_FILES, [containerId, userId])',
  },
  {
    what: "a container's id for a file's",
    file: 'src/storage/files/bin.service.ts',
    find: 'query(RESTORE_FROM_BIN, [id, containerId,',
    replace: 'query(RESTORE_FROM_BIN, [containerId, id,',
  },
  {
    what: "the address of a container for a file's",
    file: 'src/wopi/files/get-share-url.ts',
    find: "{ kind: 'container', id: request.params.id }",
    replace: "{ kind: 'file', id: request.params.id }",
  },
  {
    what: 'a text that nobody made an id of',
    file: 'src/permission/tokens/save-conflicts.ts',
    find: 'query(REMEMBER, [tokenId, headVersion])',
    replace: 'query(REMEMBER, [headVersion, tokenId])',
  },
  {
    what: 'a value of another kind',
    file: 'src/lock/held-locks.ts',
    find: 'query(COUNT_HELD, [this.settings.lockGraceMs])',
    replace: 'query(COUNT_HELD, [String(this.settings.lockGraceMs)])',
  },
  {
    what: 'a value too few',
    file: 'src/storage/recovery/recovery-purger.ts',
    find: 'query(DELETE_OLD, [KEPT_DAYS, ROWS_AT_ONCE])',
    replace: 'query(DELETE_OLD, [KEPT_DAYS])',
  },
  {
    what: 'a right that nobody has asked for',
    file: 'src/wopi/locks/unlock.ts',
    find: 'this.locks.unlock(request.params.id, lockId, by)',
    replace: 'this.locks.unlock(request.access.file.id, lockId, by)',
  },
]

describe('npm run types', () => {
  let compiled: Compiled

  beforeAll(() => {
    compiled = new Compiled(MISTAKES)
  })

  it('compiles what tsconfig.json names', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(scripts['types']).toMatch(/^tsc --noEmit( |$)/)
  })

  it.each(MISTAKES.map(({ what, file }) => [what, file] as const))('objects to %s', (_what, file) => {
    expect(compiled.faults(file)).toEqual([])
    expect(compiled.objections(file)).not.toEqual([])
  })
})

/** Where a text is called an id without a schema's or a statement's word for it: it comes in, or is made. */
const CALLED_IDS = [
  'api/files/exclusive-lock.controller.ts',
  'api/sharing/resource-authorization.ts',
  'auth/api-claims.ts',
  'permission/tokens/access-token.service.ts',
  'storage/containers/container.service.ts',
  'storage/files/file.service.ts',
  'wopi/containers/get-file-wopi-src.ts',
  'wopi/containers/get-new-access-token.ts',
  'wopi/protocol/wopi-headers.ts',
]
const CALLS_AN_ID = /\bas (?:unknown as )?(?:FileId|LockId|UserId|TokenId|ContainerId)\b/

describe('an id', () => {
  it('is made of a text at the edges only', async () => {
    const names = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((name) =>
      name.endsWith('.ts'),
    )
    const texts = await Promise.all(names.map((name) => readFile(join(ROOT, 'src', name), 'utf8')))
    expect(names.filter((_name, i) => CALLS_AN_ID.test(texts[i] ?? '')).toSorted()).toEqual(CALLED_IDS)
  })
})
