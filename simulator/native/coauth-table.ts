import { z } from 'zod'
import { parsedJson } from './parsed-json.js'

const row = z.strictObject({
  CoauthLockId: z.string().min(1).max(1024),
  CoauthLockMetadata: z.string(),
  CoauthLockType: z.enum(['Coauth', 'CoauthExclusive']),
  UserFriendlyName: z.string().min(1),
  CoauthLockTime: z.number(),
})
/** One client that has the document open. */
export type CoauthRow = z.infer<typeof row>

// The schemas forbid everything else (WOPI.md §12.1).
const table = z.strictObject({ CoauthTable: z.array(row) })

export interface CoauthTable {
  readonly version: string
  readonly rows: readonly CoauthRow[]
}

export function readTable(version: string | undefined, body: Uint8Array): CoauthTable | undefined {
  const { data } = table.safeParse(parsedJson(body))
  return data && version ? { version, rows: data.CoauthTable } : undefined
}
