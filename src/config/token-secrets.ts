import { join } from 'node:path'
import { ConfigError, type Config, type TokenSecret } from './config.js'
import { loadKeyFile } from './key-file.js'

/**
 * The secrets that sign Tandem's own tokens: `TOKEN_SECRETS`, or the key file under `DATA_DIR`, made before anything
 * else is there. So a server asks before it opens its database.
 * @throws ConfigError for a key file that is gone, damaged, open to others, or known to others
 */
export async function loadTokenSecrets(
  config: Pick<Config, 'dataDir' | 'tokenSecrets' | 'webhooks'>,
  tell: (what: string) => void = () => undefined,
): Promise<readonly TokenSecret[]> {
  if (config.tokenSecrets) return config.tokenSecrets
  const { secret, made } = await loadKeyFile(config.dataDir)
  const file = join(config.dataDir, 'token-secret')
  // Receivers know it: with the same secret they could sign access tokens (C-01).
  if (config.webhooks?.secret.equals(secret)) {
    throw new ConfigError(`WEBHOOK_SECRET must not be the key in ${file}.`)
  }
  if (made) tell(`a new key signs from now on: ${file}`)
  return [{ kid: 'local', secret }]
}
