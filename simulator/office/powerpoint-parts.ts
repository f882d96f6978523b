import { xmlDeclaration } from './package-parts.js'

// The least that PowerPoint opens: a slide needs a layout, a layout a master, a master a theme with all
// twelve colours, two fonts and three of each fill, line and effect style.

const drawing = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'

export const slideNamespaces =
  `${drawing} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
  ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'

const emptyTree =
  '<p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/></p:spTree>'

export const presentation =
  `${xmlDeclaration}<p:presentation ${slideNamespaces}>` +
  '<p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>' +
  '<p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst>' +
  '<p:sldSz cx="12192000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'

export const slideMaster =
  `${xmlDeclaration}<p:sldMaster ${slideNamespaces}>` +
  `<p:cSld><p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg>${emptyTree}</p:cSld>` +
  '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3"' +
  ' accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>' +
  '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>'

export const slideLayout =
  `${xmlDeclaration}<p:sldLayout ${slideNamespaces} type="blank">` +
  `<p:cSld name="Blank">${emptyTree}</p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>`

const colours = {
  dk1: '000000',
  lt1: 'FFFFFF',
  dk2: '1F2A44',
  lt2: 'E8ECEF',
  accent1: '2F6DB5',
  accent2: 'D9772B',
  accent3: '6B8E4E',
  accent4: 'B8432F',
  accent5: '7A5CA8',
  accent6: '3A9A9A',
  hlink: '0563C1',
  folHlink: '954F72',
}

const colourScheme = Object.entries(colours)
  .map(([name, value]) => `<a:${name}><a:srgbClr val="${value}"/></a:${name}>`)
  .join('')

const font = '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
const fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
const line = `<a:ln w="9525">${fill}</a:ln>`
const effect = '<a:effectStyle><a:effectLst/></a:effectStyle>'

export const theme =
  `${xmlDeclaration}<a:theme ${drawing} name="Tandem"><a:themeElements>` +
  `<a:clrScheme name="Tandem">${colourScheme}</a:clrScheme>` +
  `<a:fontScheme name="Tandem"><a:majorFont>${font}</a:majorFont>` +
  `<a:minorFont>${font}</a:minorFont></a:fontScheme>` +
  `<a:fmtScheme name="Tandem"><a:fillStyleLst>${fill.repeat(3)}</a:fillStyleLst>` +
  `<a:lnStyleLst>${line.repeat(3)}</a:lnStyleLst>` +
  `<a:effectStyleLst>${effect.repeat(3)}</a:effectStyleLst>` +
  `<a:bgFillStyleLst>${fill.repeat(3)}</a:bgFillStyleLst></a:fmtScheme>` +
  '</a:themeElements></a:theme>'
