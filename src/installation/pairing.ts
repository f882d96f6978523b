import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type pg from 'pg'
import { withClient } from '../database/with-client.js'
import { beginInstallationFile, finishInstallationFile, removeInstallationFile } from './installation-file.js'
import { gatherFacts, sampleFacts } from './pair-facts.js'
import { judgePair, type PairVerdict } from './pair-rules.js'

// Any number that nothing else in Tandem uses as an advisory lock.
const PAIRING_LOCK = 7_226_337
const HELP =
  'Check DATABASE_URL and DATA_DIR. Only when you know that these two belong together: npm run fsck -- --adopt'

/** This database and this folder do not belong together, as far as anybody can tell. */
export class WrongPair extends Error {
  constructor(why: string) {
    super(`${why}${why.endsWith('?') ? '' : '.'} ${HELP}`)
  }
}

/** Whoever adopts by mistake has the other half of two installations, and each of them refuses its own. */
export class MostIsMissing extends Error {
  constructor(asked: number, missing: number, folder: string) {
    super(
      `${missing} of ${asked} blobs that the database's documents need are not in ${folder}: nothing was adopted. ` +
        'When they are lost, and you know it: npm run fsck -- --adopt --even-so',
    )
  }
}

export interface Pairing {
  readonly databaseUrl: string
  readonly dataDir: string
}

export function blobFolder({ dataDir }: Pick<Pairing, 'dataDir'>): string {
  return join(dataDir, 'blobs')
}

/** Changes nothing; so it can be asked before a database is migrated that may be somebody else's. @throws WrongPair */
export async function requirePair(pairing: Pairing): Promise<void> {
  const verdict = await inTurn(pairing.databaseUrl, (database) => judge(database, pairing))
  if (verdict.kind === 'refuse') throw new WrongPair(verdict.why)
}

/**
 * Gives both sides one id where neither has one. Safe when many servers start at once, and when one is killed at any
 * moment: the folder says first which id it will get, then the database gets it, then the folder.
 * @throws WrongPair
 */
export async function pairUp(pairing: Pairing): Promise<void> {
  const folder = blobFolder(pairing)
  for (;;) {
    const verdict = await inTurn(pairing.databaseUrl, async (database) => {
      const found = await judge(database, pairing)
      if (found.kind === 'begin') {
        const id = randomBytes(16).toString('hex')
        await beginInstallationFile(folder, id)
        await database.query('insert into installation (id) values ($1)', [id])
      }
      if (found.kind === 'finish') await finishInstallationFile(folder, found.id).catch(unlessFaster)
      return found
    })
    if (verdict.kind === 'refuse') throw new WrongPair(verdict.why)
    if (verdict.kind === 'paired') return
  }
}

/**
 * An operator says that these two belong together: both get a new id, so that neither fits its former partner.
 * @param by who says so, for the audit
 * @param evenSo although most of what the documents need is not there
 * @throws MostIsMissing
 */
export async function adopt(
  pairing: Pairing,
  by: string,
  { evenSo }: { readonly evenSo: boolean },
): Promise<string> {
  const folder = blobFolder(pairing)
  const id = randomBytes(16).toString('hex')
  await inTurn(pairing.databaseUrl, async (database) => {
    const facts = await gatherFacts(database, folder)
    const { asked, missing } = await sampleFacts(database, folder)
    if (!evenSo && 2 * missing > asked) throw new MostIsMissing(asked, missing, folder)
    await beginInstallationFile(folder, id)
    await removeInstallationFile(folder)
    await database.query(
      `insert into installation (id, held_until) values ($1, clock_timestamp() + interval '1 day')
       on conflict (one_row) do update set id = excluded.id, looked_at = clock_timestamp(), held_until = excluded.held_until`,
      [id],
    )
    await database.query(
      `insert into audit_event (actor, action, object_id, outcome, detail)
       values ($1, 'installation-adopted', $2, 'done', $3)`,
      [by, id, JSON.stringify({ database: facts.database.id ?? null, folder: facts.folder.id ?? null })],
    )
  })
  await finishInstallationFile(folder, id)
  return id
}

async function judge(database: pg.ClientBase, pairing: Pairing): Promise<PairVerdict> {
  const folder = blobFolder(pairing)
  return judgePair(await gatherFacts(database, folder), folder)
}

/** In a transaction, and while no other server does the same with this database. */
async function inTurn<T>(url: string, work: (database: pg.ClientBase) => Promise<T>): Promise<T> {
  return withClient(url, 'tandem installation', async (client) => {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [PAIRING_LOCK])
    const result = await work(client)
    await client.query('commit')
    return result
  })
}

function unlessFaster(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
}
