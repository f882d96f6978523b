import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who opened which share link, and the right that this gives for as long as the link is good. */
export class ShareLinkHolders1764600000000 implements MigrationInterface {
  name = 'ShareLinkHolders1764600000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement)
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('Migrations go forward only; the way back is the backup.'))
  }
}

const STATEMENTS = [
  // object_id repeats the link's: whether somebody has a link to an object is one look into this index. Rows stay when
  // the link is revoked, so that it is known whose right went.
  `create table share_link_holder (
    user_id text not null references user_account,
    object_id text not null,
    link_id text not null references share_link,
    redeemed_at timestamptz not null default clock_timestamp(),
    primary key (user_id, object_id, link_id)
  )`,

  // What rank_of was so far: the right that somebody has without links, by ownership and grants. Links give no ownership,
  // so that who may still give a link's right away is asked here, without asking for links again.
  `create function own_rank(person text, person_groups text[], object text, object_owner text, around text[])
    returns int language plpgsql stable as $$
    begin
      if object_owner = person then return 3; end if;
      if exists (select from container c where c.id = any (around) and c.owner_id = person) then return 3; end if;
      return coalesce((
        select max(role_rank(g.role)) from access_grant g
        where g.object_id = any (around || object)
          and (g.subject = 'user:' || person or g.subject = 'everyone'
            or (g.subject like 'group:%' and substr(g.subject, 7) = any (person_groups)))), 0);
    end $$`,

  // The one home of "is this link good, now?": not revoked, not expired, to something that is there, and made by
  // somebody who owns it at this moment.
  `create view open_share_link as
    select l.id, l.object_kind, l.object_id, l.role, coalesce(f.name, c.name) as name
    from share_link l
    join user_account maker on maker.id = l.created_by and maker.disabled_at is null
    left join file f on f.id = l.object_id and l.object_kind = 'file' and f.deleted_at is null
    join container c on c.id = case l.object_kind when 'file' then f.container_id else l.object_id end
    where l.revoked_at is null and l.expires_at > clock_timestamp()
      and own_rank(maker.id, maker.groups, l.object_id,
        case l.object_kind when 'file' then f.owner_id else c.owner_id end, c.ancestors) = 3`,

  // The one home of "which role has this person here, now?". Who may edit already gains nothing by a link. The length
  // of the array makes PostgreSQL plan each call anew unless it is told not to, at four times the cost of the call.
  `create or replace function rank_of(person text, person_groups text[], object text, object_owner text, around text[])
    returns int language plpgsql stable set plan_cache_mode = force_generic_plan as $$
    declare
      own int := own_rank(person, person_groups, object, object_owner, around);
    begin
      if own >= 2 then return own; end if;
      return greatest(own, (
        select max(role_rank(l.role)) from share_link_holder h join open_share_link l on l.id = h.link_id
        where h.user_id = person and h.object_id = any (around || object)));
    end $$`,
]
