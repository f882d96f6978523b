import { z } from 'zod'
import { parsedJson } from './parsed-json.js'

/** The eight properties by which a host offers native co-authoring: all or none (WOPI.md §5.1). */
const plusProperties = z.object({
  SupportsCoauth: z.literal(true),
  SequenceNumber: z.int32().min(1),
  OfficeCollaborationServiceEndpointUrl: z.url(),
  RealTimeChannelEndpointUrl: z.url(),
  AccessTokenExpiry: z.int().min(0),
  ServerTime: z.int().min(1),
  SharingStatus: z.enum(['Private', 'Shared']),
  FileGeoLocationCode: z.string(),
})

const fileInfo = z.object({
  BaseFileName: z.string(),
  UserId: z.string(),
  UserFriendlyName: z.string().default(''),
  Version: z.string(),
  UserCanWrite: z.boolean().default(false),
  ReadOnly: z.boolean().default(false),
  SupportsUpdate: z.boolean().default(false),
  SupportsLocks: z.boolean().default(false),
})

/** What a native client reads in CheckFileInfo; `plus` in words when the host does not offer it. */
export type NativeFileInfo = z.infer<typeof fileInfo> & {
  readonly plus: z.infer<typeof plusProperties> | { readonly missing: readonly string[] }
}

export function readFileInfo(body: Uint8Array): NativeFileInfo | undefined {
  const json = parsedJson(body)
  const info = fileInfo.safeParse(json)
  if (!info.success) return undefined
  const plus = plusProperties.safeParse(json)
  if (plus.success) return { ...info.data, plus: plus.data }
  return { ...info.data, plus: { missing: plus.error.issues.map(({ path }) => path.join('.')) } }
}
