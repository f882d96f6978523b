import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'

describe("people's own containers", () => {
  let tandem: Tandem

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  it('are made once each, even when the first ten uploads come at once and ids differ only in case', async () => {
    const homes = await Promise.all(
      ['alice', 'ALICE', 'Alice'].map(async (id) => {
        const person = await tandem.person(id)
        const files = await Promise.all(
          Array.from({ length: 10 }, (_, i) => person.createsFile(`Plan ${i}.docx`, 'x')),
        )
        const containers = new Set(files.map((file) => file.containerId))
        expect(containers.size).toBe(1)
        return [...containers][0]
      }),
    )
    expect(new Set(homes).size).toBe(3)
  })

  it('make their owner the owner of what others put there, for as long as it lies there', async () => {
    const [carol, dave] = [await tandem.person('carol'), await tandem.person('dave')]
    const folder = (await carol.calls('POST', '/containers?name=Shared')).json<{ id: string }>().id
    const granted = await carol.calls('PUT', `/containers/${folder}/grants/user:dave`, { role: 'editor' })
    expect(granted.status).toBe(200)
    const file = await dave.createsFile('By dave.docx', 'words', folder)
    expect((await carol.downloads(file.id)).toString()).toBe('words')
    const listed = (await carol.calls('GET', '/files')).json<{ items: { id: string }[] }>().items
    expect(listed.map(({ id }) => id)).toContain(file.id)
    expect((await carol.calls('DELETE', `/files/${file.id}`)).status).toBe(204)
  })
})
