import { setTimeout as pause } from 'node:timers/promises'
import { newBody, sha256 } from '../crash/body.js'
import { Person } from '../kit/people.js'
import { Editor } from '../kit/wopi.js'
import type { Random } from '../linearizability/random.js'
import { Loop, type Complain, type Lane } from './lane.js'
import { persist } from './persist.js'

export interface RevocationOptions {
  readonly urls: readonly string[]
  readonly random: Random
  bearer(user: string): Promise<string>
}

/** Once a revocation is acknowledged, no save of that person is; and what is refused for it is kept. */
export class Revocations implements Lane {
  private revoked = 0
  private saved = 0
  private kept = 0
  private readonly loop: Loop

  constructor(
    private readonly options: RevocationOptions,
    private readonly complain: Complain,
  ) {
    this.loop = new Loop(() => this.once())
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  counts(): Record<string, number> {
    return { revocations: this.revoked, 'saves before them': this.saved, 'refused and kept': this.kept }
  }

  private async once(): Promise<void> {
    const { random } = this.options
    const [owner, guest] = [await this.person('host'), await this.person('guest')]
    const name = (): string => `Rights ${Math.floor(random.fraction() * 2 ** 32).toString(16)}.docx`
    const { id } = await persist(() => owner.createsFile(name(), newBody(random, 3000).bytes))
    await persist(() => owner.grants(id, 'user:guest', 'editor'))
    const token = await persist(() => guest.opensForEdit(id))
    const at = (): Editor => new Editor(random.oneOf(this.options.urls), id, token)
    await persist(async () => {
      const { status } = await at().lock('rights')
      if (status !== 200) throw new Error(`Lock was answered ${status}`)
    })
    const saving = this.saveFor(at, random.between(50, 400))
    await pause(random.between(0, 300))
    // Carried out but not answered is carried out: the second try finds nothing to revoke.
    await persist(async () => {
      const { status } = await owner.calls('DELETE', `/files/${id}/grants/user:guest`)
      if (status !== 204 && status !== 404) throw new Error(`the revocation was answered ${status}`)
    })
    this.revoked++
    await saving
    await this.saveAfterwards(id, at, owner)
  }

  private async saveFor(at: () => Editor, ms: number): Promise<void> {
    const end = Date.now() + ms
    while (Date.now() < end) {
      const answer = await at()
        .putFile(newBody(this.options.random, 20_000).bytes, 'rights')
        .catch(() => undefined)
      if (answer?.status === 200) this.saved++
    }
  }

  private async saveAfterwards(id: string, at: () => Editor, owner: Person): Promise<void> {
    const { bytes } = newBody(this.options.random, 20_000)
    const answer = await at()
      .putFile(bytes, 'rights')
      .catch(() => undefined)
    if (answer?.status === 200) this.complain(`file ${id}: a save was accepted after the right was revoked`)
    if (answer?.status !== 404) return
    const items = await persist(() => owner.recoveryItems(id))
    if (items.some((item) => item.sha256 === sha256(bytes))) this.kept++
    else this.complain(`file ${id}: a save was refused for a lost right, and its bytes are nowhere`)
  }

  private async person(user: string): Promise<Person> {
    return new Person(this.options.random.oneOf(this.options.urls), user, await this.options.bearer(user))
  }
}
