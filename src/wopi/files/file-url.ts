import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Logger } from '../../logging/logger.js'
import type { FileAccess } from '../../permission/access.service.js'
import { FileUrlTickets } from '../../permission/tokens/file-url-tickets.js'

/** The address of a file's bytes that needs nothing beside it (WOPI.md §6.3), where FILE_URL says that there is one. */
@Injectable()
export class FileUrl implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly tickets: FileUrlTickets,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.settings.fileUrl) return
    const sentence = 'editors fetch documents without a proof: whoever has the address is believed'
    this.logger.warn({ event: 'file-url-on' }, sentence)
  }

  of(access: FileAccess): { FileUrl?: string } {
    if (!this.settings.fileUrl) return {}
    const base = `${this.settings.publicUrl}/wopi/file-contents/${access.file.id}`
    return { FileUrl: `${base}?ticket=${this.tickets.issue(access)}` }
  }
}
