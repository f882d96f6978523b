import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from './config/config.js'
import { loadTokenSecrets } from './config/token-secrets.js'
import { API_ROLES, USER_ID } from './auth/api-user.js'
import { signInLink } from './auth/sign-in-link.js'
import { signBearer } from './auth/bearer-token.js'

const USAGE = 'Usage: npm run token -- USER [--role admin|auditor|user] [--link]'

/**
 * Prints a bearer token for `/api/v1`, valid for 24 hours, as its last line; with --link an address that signs one
 * browser in. Embedded mode only.
 */
async function printToken(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { role: { type: 'string', default: 'user' }, link: { type: 'boolean', default: false } },
  })
  const [user] = positionals
  if (positionals.length !== 1 || user === undefined || !USER_ID.test(user)) {
    throw new ConfigError(`${USAGE} (USER: letters and digits)`)
  }
  const role = API_ROLES.find((known) => known === values.role)
  if (!role) throw new ConfigError(USAGE)
  const config = readConfig(process.env)
  if (config.oidc) throw new ConfigError('OIDC_ISSUER is set, so tokens come from there.')
  const secrets = await loadTokenSecrets(config, (what) => process.stderr.write(`${what}\n`))
  const printed = values.link
    ? signInLink(config.publicUrl, secrets, user, role)
    : signBearer(secrets, user, role)
  process.stdout.write(`${printed}\n`)
}

await printToken().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
