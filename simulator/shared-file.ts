import type { Application } from './application.js'
import type { Person } from './participant.js'
import type { CreatedFile, RestClient } from './rest-client.js'
import { RestRefusal } from './rest-client.js'

/** A user of the host, as whom the simulator may call /api/v1. */
export interface Account {
  readonly user: string
  readonly rest: RestClient
}

/** A new file on the host: the first account owns it, the others may edit it. */
export interface SharedFile {
  readonly id: string
  readonly name: string
  readonly application: Application
  readonly owner: Account
}

export async function shareNewFile(
  application: Application,
  title: string,
  accounts: readonly [Account, ...Account[]],
): Promise<SharedFile> {
  const [owner, ...others] = accounts
  const { id, name } = await createUnderFreeName(owner.rest, application, title)
  for (const { user } of others) await owner.rest.grant(id, `user:${user}`, 'editor')
  return { id, name, application, owner }
}

/** Opens an editor for `account`, under a name of its own: somebody may have two tabs. */
export async function editorFor(account: Account, file: SharedFile, name: string): Promise<Person> {
  return { name, access: await account.rest.accessToken(file.id, 'edit') }
}

async function createUnderFreeName(
  rest: RestClient,
  application: Application,
  title: string,
): Promise<CreatedFile> {
  const bytes = application.blank(title)
  for (let number = 1; ; number += 1) {
    const name =
      number === 1 ? `${title}.${application.extension}` : `${title} ${number}.${application.extension}`
    try {
      return await rest.createFile(name, bytes)
    } catch (error) {
      if (!(error instanceof RestRefusal && error.status === 409)) throw error
    }
  }
}
