import { Random } from '../../simulator/random.js'
import { RestClient } from '../../simulator/rest-client.js'
import type { Run, Revocation } from '../../simulator/scenarios/play-script.js'
import type { Account } from '../../simulator/shared-file.js'
import type { Tandem } from '../kit/tandem.js'

export async function accountAt(tandem: Tandem, user: string): Promise<Account> {
  const rest = new RestClient(tandem.url, (await tandem.person(user)).bearer)
  await rest.signIn()
  return { user, rest }
}

/** alice, bob and carol edit what is dave's. */
export async function productionAt(tandem: Tandem, revocation: Revocation): Promise<Run> {
  const roles = {
    A: await accountAt(tandem, 'alice'),
    B: await accountAt(tandem, 'bob'),
    C: await accountAt(tandem, 'carol'),
  }
  const owner = await accountAt(tandem, 'dave')
  return { cast: { owner, roles }, random: new Random('scenarios'), wopi: {}, revocation }
}
