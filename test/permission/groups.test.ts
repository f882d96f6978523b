import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'

describe('a grant to a group', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  const groupsOf = (user: string, groups: readonly string[]): Promise<unknown> =>
    execute(tandem.databaseUrl, 'update user_account set groups = $2 where id = $1', [user, groups])

  it('is for who is in that group, not in one that is called like it, and from the very next call on', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const bob = await tandem.editor(await tandem.person('bob'), id)
    const alice = await tandem.person('alice')
    await alice.grants(id, 'group:Staff', 'editor')
    await alice.revokes(id, 'user:bob')
    for (const groups of [[], ['Students'], ['staff'], ['Staff '], ['group:Staff'], ['Sta%'], ['', 'x']]) {
      await groupsOf('bob', groups)
      expect((await bob.checkFileInfo()).status, groups.join()).toBe(404)
      expect((await bob.lock('L')).status, groups.join()).toBe(404)
    }
    await groupsOf('bob', ['Students', 'Staff'])
    expect((await bob.lock('L')).status).toBe(200)
    await groupsOf('bob', ['Students'])
    expect((await bob.putFile('too late', 'L')).status).toBe(404)
  })
})
