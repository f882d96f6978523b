import {
  applyDecorators,
  createParamDecorator,
  UseFilters,
  UseGuards,
  UsePipes,
  type ExecutionContext,
} from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { ApiBearerAuth } from '@nestjs/swagger'
import { DeclareAccess, type Access } from '../../http/access.js'
import type { ApiUser } from '../../auth/api-user.js'
import { ApiExceptionFilter } from './api-exception.filter.js'
import { ApiRoleGuard } from './api-role.guard.js'
import { KnownQuery } from './known-query.guard.js'
import { PathText } from './path-text.pipe.js'
import { SameOrigin } from './same-origin.guard.js'

/** A controller for people and programs that are signed in, with a bearer token or at the pages. */
export function BearerAccess(): ClassDecorator {
  return signedIn('bearer')
}

/** A controller for administrators; whoever else is signed in gets 403, auditors where it says `AuditorMayRead`. */
export function AdminAccess(): ClassDecorator {
  return signedIn('admin')
}

function signedIn(access: Access): ClassDecorator {
  return applyDecorators(
    DeclareAccess(access),
    UseGuards(AuthGuard(['api', 'web-session']), SameOrigin, ApiRoleGuard, KnownQuery),
    UsePipes(PathText),
    UseFilters(ApiExceptionFilter),
    ApiBearerAuth(),
  )
}

/** The caller. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiUser => {
  return context.switchToHttp().getRequest<{ user: ApiUser }>().user
})
