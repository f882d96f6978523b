import pg from 'pg'
import { inMigrationTurn, MIGRATION } from './migrate.js'
import { readSqlFunctions } from './sql-functions.js'
import { withClient } from './with-client.js'

/** The role that the server works as on the embedded PostgreSQL; the superuser `tandem` owns and migrates. */
const EMBEDDED_APP_ROLE = 'tandem_app'

/**
 * What the server may do to each table, and to nothing else: it cannot change what was audited, nor create, alter,
 * drop or truncate anything, whatever somebody makes it execute (RELIABILITY-SECURITY.md C-05, L-05). A new table
 * belongs here, or `test/reliability/audit-role.test.ts` fails.
 */
export const APP_RIGHTS: Readonly<Record<string, string>> = {
  access_grant: 'select, insert, update, delete',
  access_token: 'select, insert, update, delete',
  audit_event: 'select, insert',
  audited_once: 'select, insert, update, delete',
  coauth_lock: 'select, insert, update, delete',
  chunked_content: 'select, insert, update, delete',
  coauth_participant: 'select, insert, update, delete',
  coauth_session: 'select, insert, update, delete',
  container: 'select, insert, update, delete',
  content_property: 'select, insert, update, delete',
  file: 'select, insert, update, delete',
  file_lock: 'select, insert, update, delete',
  file_version: 'select, insert, update, delete',
  installation: 'select, insert, update',
  migration: 'select',
  open_share_link: 'select',
  readiness_probe: 'select, insert, update',
  quarantined_blob: 'select, insert, update, delete',
  recovery_item: 'select, insert, update, delete',
  released_blob: 'select, insert, delete',
  schema_release: 'select',
  session_event: 'select, insert, update, delete',
  share_link: 'select, insert, update, delete',
  share_link_holder: 'select, insert, update, delete',
  stream: 'select, insert, update, delete',
  stream_chunk: 'select, insert, update, delete',
  upload_part: 'select, insert, update, delete',
  upload_session: 'select, insert, update, delete',
  user_account: 'select, insert, update, delete',
  version_given: 'select, insert, update, delete',
  web_session: 'select, insert, update, delete',
  webhook_cursor: 'select, insert, update, delete',
}

/** Creates the server's role beside the superuser, once. @returns the same database's address for that role */
export async function embeddedAppRole(ownerUrl: string): Promise<string> {
  await withClient(ownerUrl, MIGRATION, async (owner) => {
    const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [EMBEDDED_APP_ROLE])
    if (rowCount === 0) await owner.query(`create role ${EMBEDDED_APP_ROLE} login`)
  })
  return embeddedAppUrl(ownerUrl)
}

/** The same database's address for the server's role, which exists. */
export function embeddedAppUrl(ownerUrl: string): string {
  return ownerUrl.replace(/^(postgres(?:ql)?:\/\/)[^@/]*@/, `$1${EMBEDDED_APP_ROLE}@`)
}

/**
 * Gives the role of `appUrl` what it needs in a migrated database, and takes the rest.
 * @throws Error with one plain sentence when the two addresses are not one database with two roles
 */
export async function grantToApp(ownerUrl: string, appUrl: string): Promise<void> {
  const app = await withClient(appUrl, MIGRATION, whoIs)
  await inMigrationTurn(ownerUrl, async (turn) => {
    const owner = await whoIs(turn)
    if (app.database !== owner.database) {
      throw new Error('DATABASE_URL and DATABASE_MIGRATION_URL name different databases')
    }
    if (app.role === owner.role) {
      throw new Error('DATABASE_MIGRATION_URL must name another role than DATABASE_URL, or be left out')
    }
    await turn.query('begin')
    for (const grant of await grantsTo(app.role, turn)) await turn.query(grant)
    await turn.query('commit')
  })
  const left = await withClient(appUrl, MIGRATION, tooManyRights)
  if (left) throw new Error(`the role ${app.role} of DATABASE_URL ${left}; use one with no rights of its own`)
}

async function grantsTo(role: string, turn: pg.Client): Promise<string[]> {
  const app = pg.escapeIdentifier(role)
  const tables = Object.entries(APP_RIGHTS).flatMap(([table, rights]) => [
    `revoke all on table ${table} from ${app}`,
    `grant ${rights} on table ${table} to ${app}`,
  ])
  // Made only where there are webhooks (src/webhooks); a table for each receiver.
  const { rowCount: jobs } = await turn.query(`select from pg_namespace where nspname = 'pgboss'`)
  // Everybody's by themselves, unless the operator has said otherwise (alter default privileges).
  const functions = (await readSqlFunctions()).map(
    ({ name }) => `grant execute on function ${name} to ${app}`,
  )
  return [
    // Up to PostgreSQL 14 everybody could create in it, and an upgrade keeps that.
    `revoke create on schema public from public, ${app}`,
    `grant usage on schema public to ${app}`,
    ...tables,
    ...functions,
    ...(jobs === 0 ? [] : JOBS.map((grant) => `${grant} to ${app}`)),
  ]
}

const JOBS = [
  'grant usage on schema pgboss',
  'grant select, insert, update, delete on all tables in schema pgboss',
]

async function tooManyRights(app: pg.Client): Promise<string | undefined> {
  const { rows } = await app.query<{ audit: boolean; schema: boolean }>(
    `select has_table_privilege('audit_event', 'update, delete, truncate') as audit,
       has_schema_privilege('public', 'create') as schema`,
  )
  if (rows[0]?.audit) return 'can change the audit'
  if (rows[0]?.schema) return 'can create tables'
  return undefined
}

async function whoIs(client: pg.Client): Promise<{ role: string; database: string }> {
  const { rows } = await client.query<{ role: string; database: string }>(
    'select current_user as role, current_database() as database',
  )
  const [me] = rows
  if (!me) throw new Error('PostgreSQL does not say who we are')
  return me
}
