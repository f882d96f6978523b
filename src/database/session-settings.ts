/** What a session may take, in milliseconds; left out: as long as it takes. */
export interface SessionLimits {
  readonly statementMs?: number
  readonly lockMs?: number
  readonly idleInTransactionMs?: number
}

/**
 * What our SQL and node-postgres rely on. Databases, roles and servers can be set otherwise (`alter role … set`): dates
 * then come in another order, times without a zone in another one, and tables are looked for elsewhere.
 *
 * Two are left as they are. `synchronous_commit` is for readiness to name. `default_transaction_read_only` is how a
 * managed PostgreSQL keeps its last free disk, and how an operator freezes a database that moves house: to write there
 * all the same would lose what it protects.
 */
const RELIED_ON: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  exit_on_error: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // The one notice that must be heard is a warning (DatabaseClient).
  client_min_messages: 'warning',
  // A connection in the pool, or one that listens, is idle by trade. Newer than PostgreSQL 15: transaction_timeout.
  idle_session_timeout: '0',
  transaction_timeout: '0',
}

// Tables were made where the role's search path led, which need not be `public`; there they are found again.
const SEARCH_PATH = `
  case when exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'migration')
      or not exists (select from pg_catalog.pg_class c
        where c.relname = 'migration' and c.relkind = 'r' and pg_catalog.pg_table_is_visible(c.oid))
    then 'public' else pg_catalog.current_setting('search_path') end`

/**
 * What makes a session ours, in one round trip. Not in the startup packet: poolers refuse a connection that has such
 * parameters in it. A timeout counts for each statement of a text by itself, so the first one frees the second.
 */
export function sessionSettings({ statementMs, lockMs, idleInTransactionMs }: SessionLimits): string {
  const settings = {
    ...RELIED_ON,
    lock_timeout: String(lockMs ?? 0),
    idle_in_transaction_session_timeout: String(idleInTransactionMs ?? 0),
  }
  const rows = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`)
  return `
    set statement_timeout = ${statementMs ?? 0};
    select pg_catalog.set_config(wanted.name, wanted.value, false)
    from (values ('search_path', ${SEARCH_PATH}), ${rows.join(', ')}) as wanted (name, value)
    where pg_catalog.current_setting(wanted.name, true) is not null`
}
