/** @param named a query for ids and kinds: what is named to the person with the right that is asked for, `$1` or `person` */
const objects = (named: string): string => `
    with person as materialized (select id, groups from user_account where id = $1), named as materialized (${named}
    ), places as materialized (
      select c.id, c.parent_id from container c
      where c.ancestors && array(
        select id from named where kind = 'container'
        union all select own.id from person join container own on own.owner_id = person.id)
    )`

const GRANTED = `
      select g.object_id as id, g.object_kind as kind from person, access_grant g
      where g.subject = any (subjects_of(person.id, person.groups))`

/**
 * Begins a statement ($1 is the person): the objects that are named in their grants and links, and the places, which are
 * the containers that they have or that have such a name, with everything below them. It finds by indexes all that
 * `rank_of` could let them see, and something that it does not, such as what a link led to whose maker lost the right:
 * `rank_of` is the one judge, and too slow a one to be asked about what everybody has.
 */
export const VISIBLE_OBJECTS = objects(`${GRANTED}
      union select h.object_id, l.object_kind from person join share_link_holder h on h.user_id = person.id
      join share_link l on l.id = h.link_id and l.revoked_at is null and l.expires_at > now()`)

/** The same of what is theirs: a link makes nobody an owner. */
export const OWNED_OBJECTS = objects(`${GRANTED} and g.role = 'owner'`)
