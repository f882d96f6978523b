import { z } from 'zod'

/** Whether calls are believed only with a proof (WOPI.md §14). */
export type ProofMode = 'required' | 'off'

/** An editor service, as the operator names it. */
export interface EditorSetting {
  /** In settings, logs and REST. */
  readonly name: string
  readonly discoveryUrl: string
  /** Where its pages may be opened: the discovery URL's own origin, and those that the operator adds (S-03). */
  readonly origins: readonly string[]
  readonly proof: ProofMode
}

type Named = Omit<EditorSetting, 'proof'>

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

// A user name in an address is mistaken for its host by people, and a fragment is never sent.
const ADDRESS = /^https?:\/\/[^@#\s]+$/

/** `EDITORS`: `name=discovery-URL`, where needed followed by blanks and further origins; separated by commas. */
export const editorList = z.string().transform((text, context): readonly Named[] => {
  const editors = text.split(',').map(readEditor)
  const good = editors.filter((editor) => editor !== undefined)
  if (good.length < editors.length) {
    context.addIssue('must be a list of name=discovery-URL, separated by commas')
    return z.NEVER
  }
  if (new Set(good.map(({ name }) => name)).size < good.length) {
    context.addIssue('has the same name twice')
    return z.NEVER
  }
  return good
})

function readEditor(text: string): Named | undefined {
  const [, name = '', list = ''] = /^\s*([^=\s]+)=(.+)$/s.exec(text) ?? []
  const addresses = list.trim().split(/\s+/)
  const [discoveryUrl] = addresses
  if (!NAME.test(name) || discoveryUrl === undefined) return undefined
  if (!addresses.every((address) => ADDRESS.test(address) && URL.canParse(address))) return undefined
  return { name, discoveryUrl, origins: [...new Set(addresses.map((address) => new URL(address).origin))] }
}

const mode = z.enum(['required', 'off'])

/** `PROOF`: one mode for all editors, or `name:mode` for some, separated by commas. */
export const proofModes = z
  .string()
  .transform((text, context): ProofMode | ReadonlyMap<string, ProofMode> => {
    const forAll = mode.safeParse(text.trim())
    if (forAll.success) return forAll.data
    const named = text.split(',').map((entry) => {
      const [name = '', given] = entry.trim().split(':')
      return [name, mode.safeParse(given).data] as const
    })
    const modes = new Map(
      named.flatMap(([name, given]) => (given === undefined ? [] : [[name, given] as const])),
    )
    if (modes.size < named.length || named.some(([name]) => !NAME.test(name))) {
      context.addIssue('must be required, off, or a list of name:required or name:off, each name once')
      return z.NEVER
    }
    return modes
  })

/** An editor that `PROOF` does not name must prove itself. @returns the name in `proof` that is no editor's, if any */
export function withProofModes(
  editors: readonly Named[],
  proof: ProofMode | ReadonlyMap<string, ProofMode>,
): readonly EditorSetting[] | { readonly unknown: string } {
  if (typeof proof === 'string') return editors.map((editor) => ({ ...editor, proof }))
  const unknown = [...proof.keys()].find((name) => !editors.some((editor) => editor.name === name))
  if (unknown !== undefined) return { unknown }
  return editors.map((editor) => ({ ...editor, proof: proof.get(editor.name) ?? 'required' }))
}
