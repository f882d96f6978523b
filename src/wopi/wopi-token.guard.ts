import { Injectable } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { WopiError } from './wopi-error.js'

/** First question: is there a genuine access token? (WOPI.md §2.2) */
@Injectable()
export class WopiTokenGuard extends AuthGuard('wopi-token') {
  override handleRequest<Claims>(error: unknown, claims: Claims | false): Claims {
    if (error instanceof Error && error.message !== 'unknown kid') throw error
    if (!claims) throw new WopiError('token-invalid', 'the access token is missing, ambiguous or not genuine')
    return claims
  }
}
