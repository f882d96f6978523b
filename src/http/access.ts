import { applyDecorators, SetMetadata } from '@nestjs/common'

export const ACCESS = 'tandem:access'

/** Who a controller lets in. Every controller declares one; start-up refuses a controller without (`route-access.ts`). */
export type Access = 'wopi-token' | 'bearer' | 'public'

export function DeclareAccess(access: Access): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS, access))
}
