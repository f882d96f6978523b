import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { UserId } from '../ids/ids.js'
import { API_ROLES, lesserRole, USER_ID, type ApiRole, type ApiUser } from './api-user.js'
import { isForAccess } from './bearer-kind.js'
import type { UserService } from './user.service.js'

// PostgreSQL stores no U+0000.
const text = z
  .string()
  .max(255)
  .regex(/^[^\0]*$/)

const claims = z.looseObject({
  sub: text.min(1),
  exp: z.int(),
  iat: z.number().min(0).max(253_402_300_799).optional(),
  name: text.optional(),
  preferred_username: text.optional(),
  email: text.optional(),
  groups: z.array(text).max(1000).optional(),
})

/** What a bearer token's issuer is asked for. */
export interface RoleSource {
  /** Where in the claims the role stands. */
  readonly claim: string
  /** `person`: a provider's word, and its newest counts. `token`: each token has its own (embedded mode). */
  readonly isOf: 'person' | 'token'
}

/** Turns the verified claims of a bearer token into its person, who is remembered. */
export async function apiUser(
  payload: unknown,
  { claim, isOf }: RoleSource,
  users: UserService,
): Promise<ApiUser | false> {
  const parsed = claims.safeParse(payload)
  if (!parsed.success || !isForAccess(parsed.data)) return false
  const { sub, exp, iat, name, preferred_username, email, groups } = parsed.data
  const id = userIdOf(sub)
  const role = strongestRole(claimAt(parsed.data, claim))
  const known = await users.upsert({
    id,
    displayName: name ?? preferred_username ?? sub,
    principalName: preferred_username ?? email ?? null,
    groups: groups ?? [],
    role: isOf === 'person' ? role : null,
    factsAt: iat ?? null,
  })
  if (!known) return false
  const { displayName, principalName } = known
  // An older token gives nothing that the newest has not, nor the newest anything that this one has not.
  return {
    id,
    displayName,
    principalName,
    role: lesserRole(role, known.role ?? role),
    expiresAt: exp * 1000,
  }
}

// Providers use UUIDs, mail addresses or names as `sub`; WOPI wants letters and digits, constant and unique. A `sub`
// that looks like one of ours is hashed as well, or whoever may choose their own could choose to be somebody else.
function userIdOf(sub: string): UserId {
  const id =
    USER_ID.test(sub) && !/^u[0-9a-f]{32}$/.test(sub)
      ? sub
      : `u${createHash('sha256').update(sub).digest('hex').slice(0, 32)}`
  return id as UserId
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
