import jwt from 'jsonwebtoken'
import { ConfigError, readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { deriveKeys } from '../../src/permission/signing-keys.js'

export interface EditorPage {
  /** A name in EDITORS. */
  readonly editor: string
  readonly family: 'microsoft' | 'collabora' | 'onlyoffice'
}

/** The same access token as the page of an editor would have got it, without the editor and its discovery document. */
export async function issuedFor(
  dataDir: string,
  accessToken: string,
  { editor, family }: EditorPage,
): Promise<string> {
  const config = readConfig({ DATA_DIR: dataDir })
  if (config.oidc) throw new ConfigError('embedded mode only')
  const { kid, key } = deriveKeys(await loadTokenSecrets(config), 'wopi').current
  const claims = jwt.decode(accessToken, { json: true })
  return jwt.sign({ ...claims, edt: editor, app: 'Word', fam: family }, key, {
    algorithm: 'HS256',
    keyid: kid,
  })
}
