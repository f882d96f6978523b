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
      select c.id, c.parent_id, c.name, greatest(case when c.owner_id = u.id then 3 else 0 end,
        granted_rank(c.ancestors, subjects_of(u.id, u.groups))) as rank
      from container c, user_account u
      where u.id = $1 and ($2::text is null or c.parent_id = $2) and ($3::text is null or c.id > $3)
      order by c.id
    ) seen where rank > 0 limit $4`,
}

const FIND_HOME: Statement<ContainerRow> = {
  name: 'find-home',
  text: `select id from container where parent_id = $1 and owner_id = $2 and name_key = $3`,
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

  /** Where a person's files go unless told otherwise: a container of his own, so that names do not collide. */
  async homeOf(userId: string): Promise<string> {
    const find = (): Promise<ContainerRow[]> =>
      this.database.query(FIND_HOME, [ROOT_CONTAINER, userId, nameKey(userId)])
    const [known] = await find()
    if (known) return known.id
    try {
      return await this.create(this.database, ROOT_CONTAINER, userId, userId)
    } catch (error) {
      const [made] = await find()
      if (made) return made.id
      throw error
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
