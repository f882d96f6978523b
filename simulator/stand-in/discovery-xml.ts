import { escapeXml } from '../office/xml-text.js'
import { proofKeyElement } from '../proof-key-element.js'
import type { ProofKeys } from '../proof-key.js'
import { familyTraits } from './families.js'
import type { Family, PublishedAction } from './families.js'
import { applications } from './stand-in-applications.js'

/** What the stand-in publishes of itself (WOPI.md §15.1). */
export function discoveryXml(family: Family, origin: string, keys: ProofKeys): string {
  const { netZone, appName, actions } = familyTraits[family]
  const apps = applications.map(({ name, extension }) => {
    const published = actions(name).map((action) => actionElement(action, extension, origin))
    return `<app name="${appName(name)}" checkLicense="false">${published.join('')}</app>`
  })
  return (
    '<?xml version="1.0" encoding="utf-8"?><wopi-discovery>' +
    `<net-zone name="${netZone}">${apps.join('')}</net-zone>${proofKeyElement(keys)}</wopi-discovery>`
  )
}

function actionElement({ name, urlsrc }: PublishedAction, extension: string, origin: string): string {
  const needs = name === 'edit' ? ' requires="locks,update" default="true"' : ''
  return `<action name="${name}" ext="${extension}"${needs} urlsrc="${escapeXml(origin + urlsrc)}"/>`
}
