import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../../config/settings.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import type { FileId } from '../../ids/ids.js'
import { AccessService } from '../../permission/access.service.js'
import type { EcosystemOperation, EcosystemRequest } from './container-operation.js'
import { WopiUrlIssuer, type TokenHolder } from './wopi-url-issuer.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header } from '../protocol/wopi-headers.js'

/** WOPI.md §10.3. Tandem's own name for a file is its id, or the address of its page or of its WOPISrc. */
@Injectable()
export class GetFileWopiSrc implements EcosystemOperation {
  readonly name = 'GetFileWopiSrc'

  constructor(
    private readonly accesses: AccessService,
    private readonly urls: WopiUrlIssuer,
    private readonly settings: Settings,
  ) {}

  async answer(request: EcosystemRequest): Promise<Answer> {
    return jsonAnswer(200, await this.sourceFor(request.access, request))
  }

  async sourceFor(holder: TokenHolder, request: IncomingMessage): Promise<{ Url: string }> {
    const name = header(request, 'X-WOPI-HostNativeFileName')
    if (name === undefined) throw new WopiError('header-missing', 'X-WOPI-HostNativeFileName is required')
    const id = this.fileIdOf(name)
    const role = id === undefined ? undefined : await this.accesses.roleOnFile(holder.user.id, id)
    if (id === undefined || !role)
      throw new WopiError('no-such-file', 'there is no file of that name, or the user has no right to it')
    return { Url: await this.urls.to(holder, { kind: 'file', id, role }) }
  }

  private fileIdOf(name: string): FileId | undefined {
    const path = name.startsWith(`${this.settings.publicUrl}/`)
      ? name.slice(this.settings.publicUrl.length)
      : `/view/${name}`
    return /^\/(?:wopi\/files|view|edit)\/([\w-]{1,64})$/.exec(path)?.[1] as FileId | undefined
  }
}
