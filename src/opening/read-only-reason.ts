/**
 * Why somebody who wants to edit a document only gets to read it; CheckFileInfo has no property for that. The one list
 * for API and page (RELIABILITY-SECURITY.md §3.12).
 */
export type ReadOnlyCode =
  | 'no-permission'
  | 'revoked'
  | 'link-view-only'
  | 'maintenance'
  | 'file-type-not-editable'
  | 'client-has-no-edit-action'

export interface ReadOnlyReason {
  readonly code: ReadOnlyCode
  /** A sentence for the person, who can act on it. */
  readonly text: string
}

/** Office opens these for reading and offers to convert them: their formats know no co-authoring. */
const OLD_FORMATS: ReadonlySet<string> = new Set(['doc', 'dot', 'xls', 'xlt', 'ppt', 'pps', 'pot', 'csv'])

export const READ_ONLY = {
  noPermission: (): ReadOnlyReason => ({
    code: 'no-permission',
    text: 'You may read this document, not change it. Its owner can let you edit.',
  }),
  revoked: (when: Date): ReadOnlyReason => ({
    code: 'revoked',
    text: `Your right to edit this document was taken away on ${inWords(when)}.`,
  }),
  linkViewOnly: (): ReadOnlyReason => ({
    code: 'link-view-only',
    text: 'The link that you were given lets you read this document, not change it.',
  }),
  maintenance: (holder: string, reason: string): ReadOnlyReason => ({
    code: 'maintenance',
    text: `${holder} keeps everybody from editing this document for now: ${reason}`,
  }),
  noEditAction: (extension: string, editor: string): ReadOnlyReason =>
    OLD_FORMATS.has(extension)
      ? {
          code: 'file-type-not-editable',
          text: `Documents of the old format .${extension} can only be read here. Save it in a newer format to edit it.`,
        }
      : { code: 'client-has-no-edit-action', text: `${editor} can show .${extension} files, not edit them.` },
} as const

function inWords(when: Date): string {
  return `${when.toISOString().slice(0, 16).replace('T', ' at ')} UTC`
}
