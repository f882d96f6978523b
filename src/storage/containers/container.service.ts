import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { Database, type Queryable, type Statement, type Tx } from '../../database/database.js'
import type { ContainerId, UserId } from '../../ids/ids.js'
import { Container } from './container.entity.js'
import {
  CONTAINER_EXISTS,
  CREATE_CONTAINER,
  DELETE_CONTAINER,
  REPARENT_DELETED_FILES,
  HAS_CHILDREN,
  HOLD_CONTAINER,
  HOLD_SHARING,
  KEEP_CONTAINER,
  RENAME_CONTAINER,
  type ContainerRow,
} from './container.statements.js'
import { nameKey } from '../files/file-name.js'
import { freeName } from '../files/free-name.js'
import { withFreeName } from '../files/name-race.js'
import { VISIBLE_OBJECTS } from '../files/visible-objects.js'
import { NameTaken, NoSuchContainer, orNoSuchContainer } from '../storage-errors.js'

export const ROOT_CONTAINER = 'root' as ContainerId

/** The containers a person owns or was granted, by id; one after the other, as in LIST_FILES. $1 user, $2 parent or null for all, $3 after id, $4 limit */
const LIST_CONTAINERS: Statement<
  { id: ContainerId; parent_id: ContainerId | null; name: string; rank: number },
  [UserId, ContainerId | null, ContainerId | null, number]
> = {
  name: 'list-containers',
  text: `${VISIBLE_OBJECTS}
    select seen.* from (
      select id from places where ($2::text is null or parent_id = $2) and ($3::text is null or id > $3) order by id
    ) next, lateral (
      select c.id, c.parent_id, c.name, rank_of(person.id, person.groups, c.id, c.owner_id, c.ancestors) as rank
      from person, container c where c.id = next.id offset 0
    ) seen where seen.rank > 0 limit $4`,
}

const FIND_HOME: Statement<ContainerRow, [ContainerId, UserId]> = {
  name: 'find-home',
  text: `select id from container where parent_id = $1 and owner_id = $2 order by created_at, id limit 1`,
}

/** Folders. What is granted on one counts for everything below it. */
@Injectable()
export class ContainerService {
  constructor(private readonly database: Database) {}

  async find(
    id: ContainerId,
    { manager }: Pick<Tx, 'manager'> = this.database.dataSource,
  ): Promise<Container | undefined> {
    return (await manager.findOneBy(Container, { id })) ?? undefined
  }

  /** @throws NameTaken, NoSuchContainer */
  async create(on: Queryable, parentId: ContainerId, name: string, owner: UserId): Promise<ContainerId> {
    const id = randomBytes(16).toString('hex') as ContainerId
    const [row] = await orNoSuchContainer(() =>
      on.query(CREATE_CONTAINER, [id, parentId, name, nameKey(name), owner]),
    )
    if (row) return row.id
    const [parent] = await on.query(CONTAINER_EXISTS, [parentId])
    if (!parent) throw new NoSuchContainer()
    throw new NameTaken(name)
  }

  /** Creates under the name, or the next numbered one that is free. */
  async createNumbered(
    on: Queryable,
    parentId: ContainerId,
    name: string,
    owner: UserId,
  ): Promise<{ id: ContainerId; name: string }> {
    return withFreeName(async () => {
      const free = await freeName(on, 'container', parentId, name)
      return { id: await this.create(on, parentId, free, owner), name: free }
    })
  }

  /** For whoever was told that a name is taken. */
  async freeName(parentId: ContainerId, name: string): Promise<string> {
    return freeName(this.database, 'container', parentId, name)
  }

  /** Nobody else renames, deletes or fills the container until the transaction ends, if it is there. */
  async lockForUpdate(tx: Tx, id: ContainerId): Promise<void> {
    await tx.query(HOLD_CONTAINER, [id])
  }

  /** The same, but others may fill it, too. @returns whether it is there */
  async lockForShare(tx: Tx, id: ContainerId): Promise<boolean> {
    return (await tx.query(KEEP_CONTAINER, [id])).length === 1
  }

  /** Nobody else changes what is shared of it until the transaction ends; it can be filled meanwhile. @returns as above */
  async lockSharing(tx: Tx, id: ContainerId): Promise<boolean> {
    return (await tx.query(HOLD_SHARING, [id])).length === 1
  }

  /** Renames to `name` or the next numbered one that is free. @returns the name it got and had */
  async renameNumbered(tx: Tx, id: ContainerId, name: string): Promise<{ name: string; before: string }> {
    const [held] = await tx.query(HOLD_CONTAINER, [id])
    if (!held) throw new NoSuchContainer()
    return withFreeName(async () => {
      // The root is in nothing, and nobody renames it.
      const free = await freeName(tx, 'container', held.parent_id ?? id, name, held.name)
      const [row] = await tx.query(RENAME_CONTAINER, [id, free, nameKey(free)])
      if (!row) throw new NameTaken(free)
      return { name: free, before: held.name }
    })
  }

  /**
   * Deletes an empty container, and the grants on it. Never the root, which is nobody's.
   * @throws NoSuchContainer
   */
  async deleteEmpty(tx: Tx, id: ContainerId): Promise<'deleted' | 'not-empty'> {
    // Whoever creates something in it holds a share of this row until they have committed: they are seen below, or refused.
    const [held] = await tx.query(HOLD_CONTAINER, [id])
    if (!held?.parent_id) throw new NoSuchContainer()
    const [children] = await tx.query(HAS_CHILDREN, [id])
    if (children?.found) return 'not-empty'
    await tx.query(REPARENT_DELETED_FILES, [id, held.parent_id])
    await tx.query(DELETE_CONTAINER, [id])
    return 'deleted'
  }

  /**
   * Where a person's files go unless told otherwise: a container of their own, so that names do not collide. It is found
   * by its owner; its name is numbered where somebody's id differs only in case, or a folder has the name already.
   */
  async homeOf(userId: UserId): Promise<ContainerId> {
    for (let number = 1; ; number++) {
      const [known] = await this.database.query(FIND_HOME, [ROOT_CONTAINER, userId])
      if (known) return known.id
      const name = number === 1 ? userId : `${userId} (${number})`
      try {
        return await this.create(this.database, ROOT_CONTAINER, name, userId)
      } catch (error) {
        if (!(error instanceof NameTaken)) throw error
      }
    }
  }

  async list(
    userId: UserId,
    {
      parentId,
      afterId,
      limit,
    }: { parentId: ContainerId | undefined; afterId: ContainerId | undefined; limit: number },
  ): Promise<{ id: ContainerId; parentId: ContainerId | null; name: string; rank: number }[]> {
    const rows = await this.database.query(LIST_CONTAINERS, [
      userId,
      parentId ?? null,
      afterId ?? null,
      limit,
    ])
    return rows.map(({ id, parent_id, name, rank }) => ({ id, parentId: parent_id, name, rank }))
  }
}
