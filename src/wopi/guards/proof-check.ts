import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { Settings } from '../../config/settings.js'
import type { Editor } from '../../discovery/editor.js'
import { Editors } from '../../discovery/editors.js'
import { ProofTally } from '../../discovery/proof-tally.js'
import { claimedEditor } from '../../permission/tokens/access-token.claims.js'
import { COMBINATIONS, isTimely, matches, proofBlob, proofOf, type Combination, type Proof } from './proof.js'
import { WopiError } from '../protocol/wopi-error.js'

interface Match {
  readonly editor: Editor
  readonly combination: Combination
}

/** Does a call come from one of our editors? (WOPI.md §14) */
@Injectable()
export class ProofCheck {
  /** Of anybody at all; without EDITORS nothing changes. */
  readonly isAsked: boolean
  /** Editors that nobody asks for a proof: tokens issued for their pages need none. */
  private readonly excused: ReadonlySet<string>
  /** As configured, and as URL libraries write it: they leave a default port out. Never from a header (P-08). */
  private readonly bases: readonly string[]

  constructor(
    private readonly editors: Editors,
    private readonly tally: ProofTally,
    { publicUrl }: Settings,
  ) {
    const named = (mode: 'required' | 'off'): string[] =>
      editors.all.filter(({ setting }) => setting.proof === mode).map(({ setting }) => setting.name)
    this.isAsked = named('required').length > 0
    this.excused = new Set(named('off'))
    this.bases = [...new Set([publicUrl, new URL(publicUrl).href.replace(/\/+$/, '')])]
  }

  /** The claim is not verified yet; a forged one ends at the next guard. */
  isNeeded(token: string): boolean {
    return this.excused.size === 0 || !this.excused.has(claimedEditor(token) ?? '')
  }

  /** @returns by whose key. @throws WopiError proof-invalid, with the reason for the log */
  async require(request: IncomingMessage, token: string): Promise<Match> {
    const proof = proofOf(request)
    if (!proof) throw this.refusal('missing', 'it carries no proof, or none that can be read')
    if (!isTimely(proof, Date.now())) {
      throw this.refusal(
        'stale',
        'its proof is over 20 minutes old, or from the future: replayed, or a clock is wrong',
      )
    }
    const blobs = this.blobs(request, token, proof.ticks)
    const match = this.find(proof, blobs) ?? (await this.findAnew(proof, blobs))
    if (!match) {
      const path = request.url?.split('?', 1)[0]?.slice(0, 200) ?? ''
      const seenAs = `the URL is taken to be ${this.bases[0]}${path} with the query as it came`
      throw this.refusal('wrong', `its proof fits no key of ${this.names()}; ${seenAs}`)
    }
    const { editor, combination } = match
    this.tally.count(editor.setting.name, combination)
    if (combination !== 'current') void editor.refreshOnDemand()
    return match
  }

  /** The three accepted combinations, the usual one at all editors first. */
  private find(proof: Proof, blobs: readonly Buffer[]): Match | undefined {
    for (const combination of COMBINATIONS) {
      for (const editor of this.editors.all) {
        const keys = editor.document?.keys
        if (keys && matches(combination, keys, proof, blobs)) return { editor, combination }
      }
    }
    return undefined
  }

  /** Keys may be new, or not be read yet. However many calls come, an editor is asked once a minute (D-08). */
  private async findAnew(proof: Proof, blobs: readonly Buffer[]): Promise<Match | undefined> {
    const readings = this.editors.all.flatMap((editor) => editor.refreshOnDemand() ?? [])
    if (readings.length === 0) return undefined
    await Promise.all(readings)
    return this.find(proof, blobs)
  }

  /** Editors sign the token as it was issued, or as it stands in the query (WOPI.md §14.3). */
  private blobs(request: IncomingMessage, token: string, ticks: bigint): Buffer[] {
    const target = request.url ?? ''
    const raw = /[?&]access_token=([^&]*)/.exec(target)?.[1] ?? token
    const tokens = raw === token ? [token] : [token, raw]
    return this.bases.flatMap((base) => tokens.map((form) => proofBlob(form, base + target, ticks)))
  }

  private refusal(result: 'missing' | 'stale' | 'wrong', reason: string): WopiError {
    this.tally.count('', result)
    return new WopiError('proof-invalid', reason)
  }

  private names(): string {
    const known = this.editors.all.filter(({ document }) => document?.keys)
    return known.map(({ setting }) => setting.name).join(', ') || 'any editor: none could be read yet'
  }
}
