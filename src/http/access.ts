import { applyDecorators, SetMetadata } from '@nestjs/common'

export const ACCESS = 'tandem:access'

/**
 * Who a controller lets in. Every controller declares one; start-up refuses a controller without, and one below
 * /api/v1/admin with anything but `admin` (`route-access.ts`).
 */
export type Access = 'wopi-token' | 'signed-url' | 'bearer' | 'admin' | 'page' | 'public'

export function DeclareAccess(access: Access): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS, access))
}
