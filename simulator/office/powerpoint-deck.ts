import type { LineFormat } from './office-document.js'
import { OfficeDocument } from './office-document.js'
import { contentTypes, coreProperties, relationships, xmlDeclaration } from './package-parts.js'
import { presentation, slideLayout, slideMaster, slideNamespaces, theme } from './powerpoint-parts.js'
import { elements, escapeXml, insertBeforeLast, textOf } from './xml-text.js'

/** A line is a text paragraph on the first slide. */
export const powerpointFormat: LineFormat = {
  mainPart: 'ppt/slides/slide1.xml',
  append: (xml, lines) => insertBeforeLast(xml, '</p:txBody>', lines.map(paragraph).join('')),
  read: (xml) => elements(xml, 'a:p').map((content) => textOf(content, 'a:t')),
}

export function newPowerpointDeck(title: string): Uint8Array {
  const parts = {
    '[Content_Types].xml': contentTypes({
      'ppt/presentation.xml': 'officedocument.presentationml.presentation.main',
      'ppt/slideMasters/slideMaster1.xml': 'officedocument.presentationml.slideMaster',
      'ppt/slideLayouts/slideLayout1.xml': 'officedocument.presentationml.slideLayout',
      'ppt/slides/slide1.xml': 'officedocument.presentationml.slide',
      'ppt/theme/theme1.xml': 'officedocument.theme',
      'docProps/core.xml': 'package.core-properties',
    }),
    '_rels/.rels': relationships({
      rId1: ['officeDocument', 'ppt/presentation.xml'],
      rId2: ['core-properties', 'docProps/core.xml'],
    }),
    'docProps/core.xml': coreProperties(title),
    'ppt/presentation.xml': presentation,
    'ppt/_rels/presentation.xml.rels': relationships({
      rId1: ['slideMaster', 'slideMasters/slideMaster1.xml'],
      rId2: ['slide', 'slides/slide1.xml'],
      rId3: ['theme', 'theme/theme1.xml'],
    }),
    'ppt/slideMasters/slideMaster1.xml': slideMaster,
    'ppt/slideMasters/_rels/slideMaster1.xml.rels': relationships({
      rId1: ['slideLayout', '../slideLayouts/slideLayout1.xml'],
      rId2: ['theme', '../theme/theme1.xml'],
    }),
    'ppt/slideLayouts/slideLayout1.xml': slideLayout,
    'ppt/slideLayouts/_rels/slideLayout1.xml.rels': relationships({
      rId1: ['slideMaster', '../slideMasters/slideMaster1.xml'],
    }),
    'ppt/slides/slide1.xml': slide(title),
    'ppt/slides/_rels/slide1.xml.rels': relationships({
      rId1: ['slideLayout', '../slideLayouts/slideLayout1.xml'],
    }),
    'ppt/theme/theme1.xml': theme,
  }
  return OfficeDocument.create(parts, powerpointFormat).toBytes()
}

function slide(title: string): string {
  return (
    `${xmlDeclaration}<p:sld ${slideNamespaces}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/>` +
    '<p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>' +
    '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Notes"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>' +
    '<p:spPr><a:xfrm><a:off x="609600" y="457200"/><a:ext cx="10972800" cy="5943600"/></a:xfrm>' +
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>' +
    '<p:txBody><a:bodyPr wrap="square"><a:normAutofit/></a:bodyPr><a:lstStyle/>' +
    `${paragraph(title)}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>`
  )
}

function paragraph(line: string): string {
  return `<a:p><a:r><a:rPr lang="en-US"/><a:t>${escapeXml(line)}</a:t></a:r></a:p>`
}
