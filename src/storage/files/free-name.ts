import type { Queryable, Statement } from '../../database/database.js'
import type { ContainerId } from '../../ids/ids.js'
import { nameKey, numberedContainerName, numberedName, splitName } from './file-name.js'

/** How a name gets a number: before its extension, or behind all of it. */
const NUMBERED = { file: numberedName, container: numberedContainerName } as const

/** Nobody numbers ten million of one name. */
const MOST_DIGITS = 7

/** The keys of a name's numbered forms, for the numbers from `least` to `most`: `before`, the number, `after`. */
export interface KeyForm {
  readonly before: string
  readonly after: string
  readonly least: number
  readonly most: number
}

/**
 * All of them differ in the number alone, unless the name is so long that a longer number takes some of it away. Cut
 * out of whole keys: the key of a part may be another one than the part of the key, but behind a bracket.
 */
export function keyForms(kind: keyof typeof NUMBERED, name: string): KeyForm[] {
  const after = nameKey(`)${kind === 'file' ? splitName(name).extension : ''}`)
  const forms: KeyForm[] = []
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    const lowest = 10 ** (digits - 1)
    const before = nameKey(NUMBERED[kind](name, lowest)).slice(0, -(digits + after.length))
    const most = lowest * 10 - 1
    const last = forms.at(-1)
    if (last?.before === before) forms[forms.length - 1] = { ...last, most }
    else forms.push({ before, after, least: Math.max(2, lowest), most })
  }
  return forms
}

type Asked = [ContainerId, string, string[], string[], number[], number[], string | null]

/**
 * Ends a statement that begins with `named`, the keys in a folder. The lowest number that is free there, 1 for the name
 * itself. Compared byte by byte (`~>=~`), which the indexes *_numbered serve in every collation: only the numbered forms
 * are read, and never one after the other from here; what is made of each is made once (`offset 0`). $1 folder, $2 name key, $3–$6 forms, $7 a key that is in nobody's
 * way, or null
 */
const LOWEST = `, form as (
      select * from unnest($3::text[], $4::text[], $5::int[], $6::int[]) as form (before, after, least, most)
    ), taken as (
      select distinct judged.number
      from form, lateral (
        select substr(n.name_key, length(form.before) + 1,
          greatest(0, length(n.name_key) - length(form.before) - length(form.after))) as digits
        from named n
        where n.name_key ~>=~ (form.before || '1') and n.name_key ~<~ (form.before || ':')
          and right(n.name_key, length(form.after)) = form.after and n.name_key is distinct from $7
        offset 0
      ) found, lateral (
        select case when found.digits ~ '^[1-9][0-9]{0,${MOST_DIGITS - 1}}$' then found.digits::int end as number
        offset 0
      ) judged
      where judged.number between form.least and form.most
    ), in_order as (
      select number, row_number() over (order by number) as place from taken
    )
    select case when $2::text is not distinct from $7 or not exists (select from named n where n.name_key = $2) then 1
      else (select coalesce(min(place) filter (where number > place + 1), count(*) + 1) + 1 from in_order) end::int as number`

const FREE_FILE_NUMBER: Statement<{ number: number }, Asked> = {
  name: 'free-file-number',
  text: `
    with named as not materialized (
      select name_key from file where container_id = $1 and deleted_at is null
    )${LOWEST}`,
}

const FREE_CONTAINER_NUMBER: Statement<{ number: number }, Asked> = {
  name: 'free-container-number',
  text: `
    with named as not materialized (
      select name_key from container where parent_id = $1
    )${LOWEST}`,
}

const FREE_NUMBER = { file: FREE_FILE_NUMBER, container: FREE_CONTAINER_NUMBER } as const

/**
 * `name`, or its first numbered form that nothing in the folder is called: one statement, however many there are. Whoever
 * takes it may be too late; then it is asked again.
 * @param own what is renamed has this name, which is free for it
 */
export async function freeName(
  on: Queryable,
  kind: keyof typeof NUMBERED,
  folderId: ContainerId,
  name: string,
  own?: string,
): Promise<string> {
  const forms = keyForms(kind, name)
  const [row] = await on.query(FREE_NUMBER[kind], [
    folderId,
    nameKey(name),
    forms.map(({ before }) => before),
    forms.map(({ after }) => after),
    forms.map(({ least }) => least),
    forms.map(({ most }) => most),
    own === undefined ? null : nameKey(own),
  ])
  if (!row) throw new Error('PostgreSQL named no free number')
  return row.number === 1 ? name : NUMBERED[kind](name, row.number)
}
