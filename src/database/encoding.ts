import type { Client } from 'pg'

/**
 * In any other encoding there are names that cannot be stored: the first person who has one could not save.
 * @throws Error with one plain sentence
 */
export async function requireUtf8(client: Client): Promise<void> {
  const { rows } = await client.query<{ database: string; encoding: string }>(
    `select current_database() as database, current_setting('server_encoding') as encoding`,
  )
  const [found] = rows
  if (!found || found.encoding === 'UTF8') return
  const { database, encoding } = found
  throw new Error(
    `the database ${database} has the encoding ${encoding}, and Tandem needs UTF8; ` +
      `make one with: create database … encoding 'UTF8' template template0`,
  )
}
