import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'

interface Seen {
  readonly name: string
  /** The person's live right to it, 1 to 3. */
  readonly rank: number
}

export interface SeenContainer extends Seen {
  readonly id: ContainerId
}

export interface SeenFile extends Seen {
  readonly id: FileId
  readonly version: string
  readonly size: string
  readonly modified_at: string
}

const RANK = `container_rank(u.id, u.groups, c.id, c.parent_id, c.owner_id, c.ancestors) as rank`

/** From the root down to the container itself. $1 user, $2 container */
const PATH: Statement<SeenContainer, [UserId, ContainerId]> = {
  name: 'container-path',
  text: `
    select id, name, rank from (
      select c.id, c.name, cardinality(c.ancestors) as depth, ${RANK}
      from container self join container c on c.id = any (self.ancestors), user_account u
      where self.id = $2 and u.id = $1
    ) seen where rank > 0 order by depth`,
}

/** $1 user, $2 container */
const CHILD_CONTAINERS: Statement<SeenContainer, [UserId, ContainerId]> = {
  name: 'child-containers',
  text: `
    select id, name, rank from (
      select c.id, c.name, c.name_key, ${RANK} from container c, user_account u where c.parent_id = $2 and u.id = $1
    ) seen where rank > 0 order by name_key`,
}

/** $1 user, $2 container */
const CHILD_FILES: Statement<SeenFile, [UserId, ContainerId]> = {
  name: 'child-files',
  text: `
    select id, name, version, size, modified_at, rank from (
      select f.id, f.name, f.name_key, f.version, f.size,
        iso_time(f.modified_at) as modified_at,
        rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) as rank
      from file f join container c on c.id = f.container_id, user_account u
      where f.container_id = $2 and f.deleted_at is null and u.id = $1
    ) seen where rank > 0 order by name_key`,
}

/** What is around and in a container, as one person sees it: what they have no right to is not there. */
@Injectable()
export class ContainerTree {
  constructor(private readonly database: Database) {}

  /** The root first, the container itself last. */
  async path(userId: UserId, containerId: ContainerId): Promise<SeenContainer[]> {
    return this.database.query(PATH, [userId, containerId])
  }

  async childContainers(userId: UserId, containerId: ContainerId): Promise<SeenContainer[]> {
    return this.database.query(CHILD_CONTAINERS, [userId, containerId])
  }

  async childFiles(userId: UserId, containerId: ContainerId): Promise<SeenFile[]> {
    return this.database.query(CHILD_FILES, [userId, containerId])
  }
}
