import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import { readInstallationFile } from './installation-file.js'
import { blobFolder } from './pairing.js'

const INSTALLATION_ID: Statement<{ id: string }, []> = {
  name: 'installation-id',
  text: `select id from installation`,
}

/** Do database and blobs still belong together, now that the server runs? A volume can come and go below it. */
@Injectable()
export class Pair {
  private readonly folder: string

  constructor(
    private readonly database: Database,
    settings: Settings,
  ) {
    this.folder = blobFolder(settings)
  }

  /** @returns what is wrong; undefined while nothing is */
  async trouble(): Promise<string | undefined> {
    const [row] = await this.database.query(INSTALLATION_ID, [])
    if (!row) return 'the database belongs to no installation any more'
    const there = await this.folderSays(row.id)
    return there && `the database is of installation ${row.id}, and ${this.folder} ${there}`
  }

  private async folderSays(expected: string): Promise<string | undefined> {
    try {
      const { id, damaged } = await readInstallationFile(this.folder)
      if (id === expected) return undefined
      if (damaged) return 'has a file "installation" without an id'
      return id === undefined ? 'has no file "installation": is its volume mounted?' : `is of ${id}`
    } catch (error) {
      return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`
    }
  }
}
