import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { IncomingMessage } from 'node:http'
import { ACCESS, type Access } from '../../http/access.js'
import type { ApiRole, ApiUser } from '../../auth/api-user.js'
import { ApiProblem } from './api-problem.js'

const AUDITED = 'tandem:audited'

/** Lets auditors read here. Without it a route is closed to them; on anything but a GET it means nothing. */
export const AuditorMayRead = (): MethodDecorator => SetMetadata(AUDITED, true)

/**
 * What a role may call at all: an administrator everything; an auditor what is declared for auditors, and never a
 * change; anybody else what is not for administrators. Whether the caller may see a file is asked behind this.
 */
@Injectable()
export class ApiRoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): true {
    const { user, method } = context.switchToHttp().getRequest<IncomingMessage & { user: ApiUser }>()
    if (!this.admits(user.role, method, context)) throw new ApiProblem('not-allowed', REFUSAL[user.role])
    return true
  }

  private admits(role: ApiRole, method: string | undefined, context: ExecutionContext): boolean {
    switch (role) {
      case 'admin':
        return true
      case 'auditor':
        return (
          (method === 'GET' || method === 'HEAD') &&
          this.reflector.get<boolean | undefined>(AUDITED, context.getHandler()) === true
        )
      case 'user':
        return this.reflector.get<Access | undefined>(ACCESS, context.getClass()) === 'bearer'
    }
  }
}

const REFUSAL: Readonly<Record<ApiRole, string>> = {
  admin: 'The caller may not do this.',
  auditor: 'An auditor may look at what describes files and their use, never at content, and change nothing.',
  user: 'Only an administrator can do this.',
}
