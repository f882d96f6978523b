import { describe, expect, it } from 'vitest'
import { ROOT } from './cruise.js'
import { sourcesOf, textsOf, type Source } from './sql-tables.js'

/** How a rule looks where it is written down once more, and the function that has it. */
const COPIES: readonly (readonly [copy: RegExp, home: string])[] = [
  [/\bexact_expiry then\b/, 'lock_ends_at'],
  [/[<>]=? (\w+\.)?coauth_until\b|\bcoauth_until [<>]/, 'lock_state'],
  [/\brevoked_at is (not )?null (or|and) [^)]*\bdisabled_at is (not )?null/, 'token_state'],
  [/\bdisabled_at is (not )?null (or|and) [^)]*\brevoked_at is (not )?null/, 'token_state'],
  [/\bparent_id is null then 1\b/, 'container_rank'],
  [/'group:%?'/, 'subject_covers or subjects_of'],
  [/'owner' then 3/, 'role_rank'],
  [/\bto_char\(/, 'iso_time'],
  [/\bextract\(epoch from [^ ]+\)(::float8)? \* 1000/, 'epoch_ms'],
]

function copiesIn(source: Source): string[] {
  const own = /^src\/database\/functions\/(\w+)\.sql$/.exec(source.file)?.[1]
  return textsOf(source).flatMap((text) =>
    COPIES.filter(
      ([copy, home]) => copy.test(text) && !(own !== undefined && home.split(' ').includes(own)),
    ).map(([, home]) => `${source.file}: ${home}`),
  )
}

/** A statement that is made by changing the text of another is another one as soon as that one changes. */
function surgeriesIn({ file, text }: Source): string[] {
  if (!file.endsWith('.ts')) return []
  return /(\.text|\b[A-Z][A-Z_]*[A-Z])\.(replace|replaceAll|slice|split)\(/.test(text) ? [file] : []
}

describe('each SQL rule has one home (docs/adr/0022)', () => {
  const sources = sourcesOf(ROOT)

  it('no statement writes it down once more', () => {
    expect(sources.flatMap(copiesIn)).toEqual([])
  })

  it('no statement is cut out of the text of another', () => {
    expect(sources.flatMap(surgeriesIn)).toEqual([])
  })

  it.each([
    [
      "`select from file_lock where now < expires_at + case when kind = 'wopi' and not exact_expiry\n then $2 end`",
      'lock_ends_at',
    ],
    [
      "`select case when clock_timestamp() < l.coauth_until then 'coauth' end from file_lock l`",
      'lock_state',
    ],
    [
      "`select case when t.revoked_at is not null or u.disabled_at is not null then 'revoked' end from x`",
      'token_state',
    ],
    [
      '`select from t where t.revoked_at is null and t.expires_at > $1 and u.disabled_at is null`',
      'token_state',
    ],
    [
      '`select greatest(case when c.parent_id is null then 1 else 0 end, 2) from container c`',
      'container_rank',
    ],
    ["`select from access_grant where subject = 'group:' || $1`", 'subject_covers or subjects_of'],
    ["`select to_char(modified_at at time zone 'utc', 'YYYY') from file`", 'iso_time'],
    ['`select (extract(epoch from f.modified_at) * 1000)::float8 from file f`', 'epoch_ms'],
  ])('it objects to a copy: %s', (text, home) => {
    const found = copiesIn({ file: 'src/storage/planted.ts', text })
    expect(found).toEqual([`src/storage/planted.ts: ${home}`])
  })

  it.each(["HELD.replace('a', 'b')", "FILE_STATE.text.replaceAll('is null', 'is not null')"])(
    'it objects to surgery: %s',
    (text) => {
      expect(surgeriesIn({ file: 'src/lock/planted.ts', text })).toEqual(['src/lock/planted.ts'])
    },
  )
})
