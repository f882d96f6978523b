import { createHash } from 'node:crypto'
import { z } from 'zod'
import { API_ROLES, USER_ID, type ApiRole, type ApiUser } from './api-user.js'
import type { UserService } from './user.service.js'

// PostgreSQL stores no U+0000.
const text = z
  .string()
  .max(255)
  .regex(/^[^\0]*$/)

const claims = z.looseObject({
  sub: text.min(1),
  exp: z.int(),
  name: text.optional(),
  preferred_username: text.optional(),
  email: text.optional(),
  groups: z.array(text).max(1000).optional(),
})

/** Turns the verified claims of a bearer token into its person, who is remembered. */
export async function apiUser(
  payload: unknown,
  roleClaim: string,
  users: UserService,
): Promise<ApiUser | false> {
  const parsed = claims.safeParse(payload)
  if (!parsed.success) return false
  const { sub, exp, name, preferred_username, email, groups } = parsed.data
  const id = userIdOf(sub)
  const displayName = name ?? preferred_username ?? sub
  const principalName = preferred_username ?? email ?? null
  const welcome = await users.remember({ id, displayName, principalName, groups: groups ?? [] })
  const role = strongestRole(claimAt(parsed.data, roleClaim))
  return welcome && { id, displayName, principalName, role, expiresAt: exp * 1000 }
}

// Providers use UUIDs, mail addresses or names as `sub`; WOPI wants letters and digits, constant and unique. A `sub`
// that looks like one of ours is hashed as well, or whoever may choose his own could choose to be somebody else.
function userIdOf(sub: string): string {
  return USER_ID.test(sub) && !/^u[0-9a-f]{32}$/.test(sub)
    ? sub
    : `u${createHash('sha256').update(sub).digest('hex').slice(0, 32)}`
}

/** Follows a path such as `realm_access.roles` (Keycloak). */
function claimAt(payload: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    return typeof at === 'object' && at !== null && Object.hasOwn(at, key)
      ? (at as Record<string, unknown>)[key]
      : undefined
  }, payload)
}

function strongestRole(claim: unknown): ApiRole {
  const named = Array.isArray(claim) ? claim : [claim]
  return API_ROLES.findLast((role) => named.includes(role)) ?? 'user'
}
