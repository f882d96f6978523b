import jwt from 'jsonwebtoken'
import { ConfigError, readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { deriveKeys } from '../../src/auth/signing-keys.js'

export interface EditorPage {
  /** A name in EDITORS. */
  readonly editor: string
  readonly family: 'microsoft' | 'collabora' | 'onlyoffice'
}

/** The same access token, once its time is over by its own word. */
export function expiredOf(dataDir: string, accessToken: string): Promise<string> {
  return signedAnew(dataDir, accessToken, { exp: Math.floor(Date.now() / 1000) - 60 })
}

/** The same access token as the page of an editor would have got it, without the editor and its discovery document. */
export function issuedFor(
  dataDir: string,
  accessToken: string,
  { editor, family }: EditorPage,
): Promise<string> {
  return signedAnew(dataDir, accessToken, { edt: editor, app: 'Word', fam: family })
}

async function signedAnew(
  dataDir: string,
  accessToken: string,
  changed: Record<string, unknown>,
): Promise<string> {
  const config = readConfig({ DATA_DIR: dataDir })
  if (config.oidc) throw new ConfigError('embedded mode only')
  const { kid, key } = deriveKeys(await loadTokenSecrets(config), 'wopi').current
  const claims = jwt.decode(accessToken, { json: true })
  return jwt.sign({ ...claims, ...changed }, key, {
    algorithm: 'HS256',
    keyid: kid,
  })
}

export function jtiOf(accessToken: string): string {
  const claims = jwt.decode(accessToken, { json: true })
  if (claims?.jti === undefined) throw new TypeError('no access token')
  return claims.jti
}
