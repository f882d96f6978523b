/**
 * Begins a statement ($1 is the person): the objects that are named in their grants and links, and the places, which are
 * the containers that they have or that have such a name, with everything below them. It finds by indexes all that
 * `rank_of` could let them see, and something that it does not, such as what an ended link led to: `rank_of` is the one
 * judge, and too slow a one to be asked about what everybody has.
 */
export const VISIBLE_OBJECTS = `
    with person as materialized (select id, groups from user_account where id = $1), named as materialized (
      select g.object_id as id from person, access_grant g
      where g.subject = any (subjects_of(person.id, person.groups))
      union select h.object_id from person join share_link_holder h on h.user_id = person.id
    ), places as materialized (
      select c.id, c.parent_id from container c
      where c.ancestors && array(
        select id from named join container using (id)
        union all select own.id from person join container own on own.owner_id = person.id)
    )`
