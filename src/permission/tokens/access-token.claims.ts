import { z } from 'zod'
import { EARLY_SECONDS } from '../../auth/token-times.js'
import type { ContainerId, FileId, TokenId, UserId } from '../../ids/ids.js'

/** 10 hours, as WOPI.md §1 recommends: a token that dies before its session does loses people's work. */
export const ACCESS_TOKEN_SECONDS = 10 * 3600

/** What a token can be for. The ecosystem is the whole installation, as one person sees it. */
export type ResourceKind = 'file' | 'container' | 'ecosystem'
export const ECOSYSTEM = 'ecosystem'
export type ResourceId = FileId | ContainerId | typeof ECOSYSTEM

const instant = z.int().min(1).max(253_402_300_799)

const claims = z.object({
  jti: z
    .string()
    .regex(/^[\w-]{16,64}$/)
    .brand<'TokenId'>(),
  sub: z
    .string()
    .regex(/^[A-Za-z0-9]{1,128}$/)
    .brand<'UserId'>(),
  fid: z.string().regex(/^[\w-]{1,64}$/),
  iat: instant,
  exp: instant,
  nbf: instant.optional(),
  edt: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .optional(),
  app: z.string().max(64).optional(),
  fam: z.enum(['microsoft', 'collabora', 'onlyoffice']).optional(),
})

/** The page that a token was issued for. Nothing keeps its holder from another one, so no right hangs on it. */
export interface OpenedIn {
  /** Of `EDITORS`. */
  readonly editor: string
  /** As the editor calls it: `Excel`, `calc`, … It decides the application of the session. */
  readonly application: string
  readonly family?: 'microsoft' | 'collabora' | 'onlyoffice'
}

/** What a genuine access token says. Whether it is still good is the database's word, not the token's. */
export interface AccessTokenClaims {
  readonly jti: TokenId
  readonly userId: UserId
  readonly resourceId: string
  /** Epoch seconds, by the database's clock. */
  readonly expiresAt: number
  /** Not there when the token was issued for no editor in particular. */
  readonly openedIn?: OpenedIn
}

/** Which editor a token says it was issued for, before anybody has verified it. */
export function claimedEditor(token: string): string | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString())
    return claims.pick({ edt: true }).safeParse(payload).data?.edt
  } catch {
    return undefined
  }
}

/** `undefined` unless every claim is present, well-formed and possible. */
export function readClaims(payload: unknown, nowSeconds: number): AccessTokenClaims | undefined {
  const parsed = claims.safeParse(payload)
  if (!parsed.success) return undefined
  const { jti, sub, fid, iat, exp, nbf, edt, app, fam } = parsed.data
  if (Math.max(iat, nbf ?? 0) > nowSeconds + EARLY_SECONDS) return undefined
  const openedIn = edt !== undefined && { editor: edt, application: app ?? '', ...(fam && { family: fam }) }
  return { jti, userId: sub, resourceId: fid, expiresAt: exp, ...(openedIn && { openedIn }) }
}
