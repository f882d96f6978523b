import { Person } from '../kit/people.js'
import { sha256 } from './body.js'

interface FileRecord {
  readonly owner: Person
  readonly sent: Set<string>
  /** Version to sha256: what a 200 promised, and what a reader was given. Neither may ever vanish. */
  readonly promised: Map<string, string>
  readonly checked: Set<string>
  /** A file that nobody wrote to since needs no second look before the last one. */
  sentAtCheck: number
}

const CHECKED_AT_ONCE = 6

/** What clients know for sure, and whether the server still knows it too (RELIABILITY-SECURITY.md ). */
export class Ledger {
  acknowledged = 0
  reads = 0
  versionsChecked = 0
  /** Saves that were never answered, or with 503, and that were there afterwards all the same. */
  unansweredButThere = 0
  readonly losses: string[] = []
  private readonly files = new Map<string, FileRecord>()

  created(owner: Person, fileId: string, version: string, sha: string): void {
    const record = {
      owner,
      sent: new Set([sha]),
      promised: new Map([[version, sha]]),
      checked: new Set<string>(),
      sentAtCheck: 0,
    }
    this.files.set(fileId, record)
  }

  sent(fileId: string, sha: string): void {
    this.record(fileId).sent.add(sha)
  }

  acknowledge(fileId: string, version: string, sha: string): void {
    this.acknowledged++
    this.promise(fileId, version, sha, 'was acknowledged')
  }

  /** A GetFile: the bytes must be one whole body, and always the same one for a version. */
  read(fileId: string, version: string, sha: string): void {
    this.reads++
    if (!this.record(fileId).sent.has(sha))
      this.lose(fileId, `torn read: version ${version} has unknown bytes`)
    else this.promise(fileId, version, sha, 'was read')
  }

  lose(fileId: string, what: string): void {
    this.losses.push(`file ${fileId}: ${what}`)
  }

  /**
   * Compares what was promised with what the server at `url` lists, and reads each version once. Load may go on
   * meanwhile. The last look is at all files, also those that nobody wrote to since.
   */
  async check(url: string, files: 'written' | 'all'): Promise<void> {
    const due = [...this.files].filter(
      ([, record]) => files === 'all' || record.sent.size > record.sentAtCheck,
    )
    const lane = async (): Promise<void> => {
      for (let next = due.pop(); next; next = due.pop()) await this.checkFile(url, ...next)
    }
    await Promise.all(Array.from({ length: CHECKED_AT_ONCE }, lane))
  }

  private async checkFile(url: string, fileId: string, record: FileRecord): Promise<void> {
    const { owner, sent, checked } = record
    const promised = new Map(record.promised)
    record.sentAtCheck = sent.size
    const reader = new Person(url, owner.id, owner.bearer)
    const listed = await reader.versions(fileId)
    const shas = new Map(listed.map(({ version, sha256: sha }) => [version, sha]))
    if (shas.size !== listed.length) this.lose(fileId, 'a version is listed twice')
    // Sent again it is a version again, but never once something newer was saved.
    const inOrder = listed.map(({ sha256: sha }) => sha)
    const lines = inOrder.filter((sha, at) => sha !== inOrder[at - 1])
    if (new Set(lines).size !== lines.length) this.lose(fileId, 'a body came back after a newer one')
    for (const [version, sha] of promised) {
      if (shas.get(version) !== sha)
        this.lose(fileId, `version ${version} is ${shas.get(version) ?? 'gone'}, was ${sha}`)
    }
    for (const [version, sha] of shas) {
      if (checked.has(version)) continue
      if (!sent.has(sha)) this.lose(fileId, `version ${version} has a hash that nobody sent`)
      const { status, body } = await reader.calls('GET', `/files/${fileId}/versions/${version}/content`)
      if (status !== 200 || sha256(body) !== sha)
        this.lose(fileId, `version ${version} cannot be read: ${status}`)
      this.versionsChecked++
      if (!checked.has(version) && !promised.has(version) && !record.promised.has(version))
        this.unansweredButThere++
      checked.add(version)
    }
  }

  private promise(fileId: string, version: string, sha: string, how: string): void {
    const { promised } = this.record(fileId)
    const before = promised.get(version)
    if (before !== undefined && before !== sha)
      this.lose(fileId, `version ${version} ${how} with two contents`)
    promised.set(version, sha)
  }

  private record(fileId: string): FileRecord {
    const record = this.files.get(fileId)
    if (!record) throw new Error(`file ${fileId} was never made`)
    return record
  }
}
