import type { ApplicationName } from '../application.js'

/** Whose editor the stand-in looks like to the page around it, and in its discovery document. */
export const families = ['microsoft', 'collabora', 'onlyoffice'] as const
export type Family = (typeof families)[number]

export interface PublishedAction {
  readonly name: 'view' | 'edit'
  /** Below the origin, up to and with the placeholders. */
  readonly urlsrc: string
}

export interface FamilyTraits {
  readonly discoveryPath: string
  readonly netZone: string
  readonly appName: (application: ApplicationName) => string
  readonly actions: (application: ApplicationName) => readonly PublishedAction[]
}

const placeholders = '<ui=UI_LLCC&><rs=DC_LLCC&><dchat=DISABLE_CHAT&><hid=HOST_SESSION_ID&><thm=THEME_ID&>'

const capitals = { word: 'Word', excel: 'Excel', powerpoint: 'PowerPoint' } as const
const libreOffice = { word: 'writer', excel: 'calc', powerpoint: 'impress' } as const
const onlyOffice = { word: 'word', excel: 'cell', powerpoint: 'slide' } as const

/** By their addresses hosts tell the products apart, so each has the parts that are typical for it. */
export const familyTraits: Readonly<Record<Family, FamilyTraits>> = {
  microsoft: {
    discoveryPath: '/hosting/discovery',
    netZone: 'external-https',
    appName: (application) => capitals[application],
    actions: (application) =>
      (['view', 'edit'] as const).map((name) => ({
        name,
        urlsrc: `/editor/microsoft/${application}/${name}/frame.aspx?${placeholders}<wopisrc=WOPI_SOURCE&>`,
      })),
  },
  // One page for both: it reads where the token does not let it write.
  collabora: {
    discoveryPath: '/collabora/hosting/discovery',
    netZone: 'external-http',
    appName: (application) => libreOffice[application],
    actions: () => [{ name: 'edit', urlsrc: '/editor/collabora/edit/browser/stand-in/cool.html?' }],
  },
  onlyoffice: {
    discoveryPath: '/onlyoffice/hosting/discovery',
    netZone: 'external-http',
    appName: (application) => capitals[application],
    actions: (application) =>
      (['view', 'edit'] as const).map((name) => ({
        name,
        urlsrc: `/editor/onlyoffice/${name}/hosting/wopi/${onlyOffice[application]}/${name}?${placeholders}`,
      })),
  },
}

/** Which page an address of `familyTraits` leads to. */
export function pageAt(path: string): { readonly family: Family; readonly readOnly: boolean } | undefined {
  const [, top, name, ...rest] = path.split('/')
  const family = families.find((known) => known === name)
  if (top !== 'editor' || !family) return undefined
  return { family, readOnly: rest.includes('view') }
}
