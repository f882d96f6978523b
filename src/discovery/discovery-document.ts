import { proofKeysOf, type ProofKeys } from './proof-keys.js'
import { readXml, XmlError, type XmlElement } from './xml-reader.js'

/** Something that an editor can do with files of one extension. */
export interface EditorAction {
  /** As the editor calls the application: `Word`, `calc`, … */
  readonly application: string
  /** `edit`, `view`, … */
  readonly name: string
  /** Lower case, without the dot. */
  readonly extension: string
  readonly urlsrc: string
}

/** Products whose calls differ; which one an editor is, its addresses tell. */
export type EditorFamily = 'microsoft' | 'collabora' | 'onlyoffice'

/** What an editor says of itself (WOPI.md §15.1), as far as it can be believed. */
export interface DiscoveryDocument {
  /** Where native clients meet (the actions `collab` and `rtc`); without either, undefined. */
  readonly coauthServices: Partial<Readonly<Record<'collab' | 'rtc', string>>>
  readonly actions: readonly EditorAction[]
  /** Addresses at places where this editor's pages may not be opened. */
  readonly disallowedOrigins: readonly string[]
  readonly keys: ProofKeys | undefined
  readonly family: EditorFamily | undefined
}

/** The best first: what reaches people outside, then what a browser takes (CLIENTS.md pain 58). */
const ZONES = ['external-https', 'external-http', 'internal-https', 'internal-http']

/** What Tandem offers to the one that asks for it; an action that needs anything else would fail. */
const OFFERED: ReadonlySet<string> = new Set(['update', 'locks'])

/** Microsoft's cloud publishes in one place and opens pages in many, all below this. */
const MICROSOFT_CLOUD = /^https:\/\/[a-z0-9.-]+\.officeapps\.live\.com$/

/** @throws XmlError when it is no discovery document */
export function readDiscovery(bytes: Uint8Array, origins: readonly string[]): DiscoveryDocument {
  const root = readXml(bytes)
  if (root.name !== 'wopi-discovery') throw new XmlError('it is no wopi-discovery')
  const published = named(root, 'net-zone').toSorted(byZone).flatMap(actionsOf)
  if (published.length === 0) throw new XmlError('it has no action')
  const placed = published.map((action) => ({ action, origin: originOf(action.urlsrc) }))
  const strange = placed.flatMap(({ origin }) => (isAllowed(origin, origins) ? [] : [origin ?? 'no address']))
  return {
    coauthServices: coauthServicesOf(root, origins),
    actions: placed.flatMap(({ action, origin }) => (isAllowed(origin, origins) ? [action] : [])),
    disallowedOrigins: [...new Set(strange)],
    keys: proofKeysOf(named(root, 'proof-key')[0]),
    family: familyOf(published),
  }
}

function byZone(one: XmlElement, other: XmlElement): number {
  return rank(one) - rank(other)
}

function rank(zone: XmlElement): number {
  const place = ZONES.indexOf(zone.attributes.get('name')?.toLowerCase() ?? '')
  return place < 0 ? ZONES.length : place
}

function actionsOf(zone: XmlElement): EditorAction[] {
  return named(zone, 'app').flatMap((app) =>
    named(app, 'action').flatMap(({ attributes }) => {
      const [name, extension, urlsrc] = ['name', 'ext', 'urlsrc'].map((key) => attributes.get(key) ?? '')
      const needs = (attributes.get('requires') ?? '').split(',').map((need) => need.trim())
      if (!name || !extension || !urlsrc || !needs.every((need) => need === '' || OFFERED.has(need)))
        return []
      const application = app.attributes.get('name') ?? ''
      return [{ application, name: name.toLowerCase(), extension: extension.toLowerCase(), urlsrc }]
    }),
  )
}

/** These two open no file, so they have no extension; and nobody fills their placeholders. */
function coauthServicesOf(root: XmlElement, origins: readonly string[]): DiscoveryDocument['coauthServices'] {
  const actions = named(root, 'net-zone')
    .toSorted(byZone)
    .flatMap((zone) => named(zone, 'app').flatMap((app) => named(app, 'action')))
  const found = (['collab', 'rtc'] as const).flatMap((service) => {
    const addresses = actions
      .filter(({ attributes }) => attributes.get('name')?.toLowerCase() === service)
      .map(({ attributes }) => attributes.get('urlsrc') ?? '')
    const address = addresses.find((urlsrc) => isAllowed(originOf(urlsrc), origins))
    return address === undefined ? [] : [[service, address.split('<', 1)[0] ?? '']]
  })
  return Object.fromEntries(found) as DiscoveryDocument['coauthServices']
}

function named(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** Of what stands before the first placeholder: no placeholder may choose the host. */
function originOf(urlsrc: string): string | undefined {
  const [fixed = ''] = urlsrc.split('<', 1)
  if (!/^https?:\/\/[^/?#@\\]+\//i.test(fixed) || !URL.canParse(fixed)) return undefined
  return new URL(fixed).origin
}

/**
 * The page gets the token, so where it lies is the operator's word, never the document's (CVE-2022-31024, S-03).
 */
export function isAllowed(origin: string | undefined, origins: readonly string[]): boolean {
  if (origin === undefined) return false
  if (origins.includes(origin)) return true
  return MICROSOFT_CLOUD.test(origin) && origins.some((own) => MICROSOFT_CLOUD.test(own))
}

function familyOf(actions: readonly EditorAction[]): EditorFamily | undefined {
  const has = (pattern: RegExp): boolean => actions.some(({ urlsrc }) => pattern.test(urlsrc))
  if (has(/\/(cool|loleaflet)\.html/)) return 'collabora'
  if (has(/\/hosting\/wopi\//)) return 'onlyoffice'
  return has(/frame\.aspx|\.officeapps\.live\.com\//i) ? 'microsoft' : undefined
}
