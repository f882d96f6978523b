import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { Database, type Queryable, type Statement } from '../database/database.js'
import { Container } from './container.entity.js'
import { nameKey } from './file-name.js'
import { NameTaken } from './storage-errors.js'

export const ROOT_CONTAINER = 'root'

interface ContainerRow {
  readonly id: string
}

/** No row when the name is taken. $1 id, $2 parent, $3 name, $4 name key, $5 owner */
const CREATE_CONTAINER: Statement<ContainerRow> = {
  name: 'create-container',
  text: `
    insert into container (id, parent_id, name, name_key, owner_id, ancestors)
    select $1, id, $3, $4, $5, ancestors || $1::text from container where id = $2
    on conflict (parent_id, name_key) do nothing
    returning id`,
}

/** The containers a person owns or was granted, by path. $1 user, $2 parent or null for all, $3 after id, $4 limit */
const LIST_CONTAINERS: Statement<{ id: string; parent_id: string | null; name: string; rank: number }> = {
  name: 'list-containers',
  text: `
    select * from (
      select c.id, c.parent_id, c.name, rank_of(u.id, u.groups, c.id, c.owner_id, c.ancestors) as rank
      from container c, user_account u
      where u.id = $1 and ($2::text is null or c.parent_id = $2) and ($3::text is null or c.id > $3)
      order by c.id
    ) seen where rank > 0 limit $4`,
}

const FIND_HOME: Statement<ContainerRow> = {
  name: 'find-home',
  text: `select id from container where parent_id = $1 and owner_id = $2 order by created_at, id limit 1`,
}

/** Folders. What is granted on one counts for everything below it. */
@Injectable()
export class ContainerService {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<Container | undefined> {
    return (await this.database.dataSource.manager.findOneBy(Container, { id })) ?? undefined
  }

  /** @throws NameTaken */
  async create(on: Queryable, parentId: string, name: string, owner: string): Promise<string> {
    const id = randomBytes(16).toString('hex')
    const [row] = await on.query(CREATE_CONTAINER, [id, parentId, name, nameKey(name), owner])
    if (!row) throw new NameTaken(name)
    return row.id
  }

  /**
   * Where a person's files go unless told otherwise: a container of his own, so that names do not collide. It is found
   * by its owner; its name is numbered where somebody's id differs only in case, or a folder has the name already.
   */
  async homeOf(userId: string): Promise<string> {
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
    userId: string,
    {
      parentId,
      afterId,
      limit,
    }: { parentId: string | undefined; afterId: string | undefined; limit: number },
  ): Promise<{ id: string; parentId: string | null; name: string; rank: number }[]> {
    const rows = await this.database.query(LIST_CONTAINERS, [
      userId,
      parentId ?? null,
      afterId ?? null,
      limit,
    ])
    return rows.map(({ id, parent_id, name, rank }) => ({ id, parentId: parent_id, name, rank }))
  }
}
