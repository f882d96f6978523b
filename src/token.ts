import jwt from 'jsonwebtoken'
import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from './config/config.js'
import { loadTokenSecrets } from './config/token-secrets.js'
import { API_AUDIENCE } from './permission/access-token.claims.js'
import { API_ROLES, USER_ID } from './permission/api-user.js'
import { EMBEDDED_ISSUER } from './permission/embedded-api.strategy.js'
import { deriveKeys } from './permission/signing-keys.js'

const USAGE = 'Usage: npm run token -- USER [--role admin|auditor|user]'

/** Prints a bearer token for `/api/v1`, valid for 24 hours, as its last line. Embedded mode only. */
async function printToken(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { role: { type: 'string', default: 'user' } },
  })
  const [user] = positionals
  if (positionals.length !== 1 || user === undefined || !USER_ID.test(user)) {
    throw new ConfigError(`${USAGE} (USER: letters and digits)`)
  }
  if (!API_ROLES.some((role) => role === values.role)) throw new ConfigError(USAGE)
  const config = readConfig(process.env)
  if (config.oidc) throw new ConfigError('OIDC_ISSUER is set, so tokens come from there.')
  const { kid, key } = deriveKeys(await loadTokenSecrets(config), 'api').current
  const token = jwt.sign({ sub: user, roles: [values.role] }, key, {
    algorithm: 'HS256',
    keyid: kid,
    issuer: EMBEDDED_ISSUER,
    audience: API_AUDIENCE,
    expiresIn: '24h',
  })
  process.stdout.write(`${token}\n`)
}

await printToken().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
