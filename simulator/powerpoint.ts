import type { Application } from './application.js'
import { lastEditor, minute, second } from './application.js'
import { OfficeDocument } from './office/office-document.js'
import { newPowerpointDeck, powerpointFormat } from './office/powerpoint-deck.js'

export const powerpoint: Application = {
  name: 'powerpoint',
  label: 'PowerPoint',
  extension: 'pptx',
  blank: newPowerpointDeck,
  open: (bytes) => OfficeDocument.open(bytes, powerpointFormat),
  saveInterval: (participants) => (participants > 1 ? 60 * second : 3 * minute),
  saver: lastEditor,
  permissionCheck: { by: 'check-file-info', every: 5 * minute },
  lockRefreshEvery: 10 * minute,
  newLockId: (random) => JSON.stringify({ L: random.guid(), F: 4 }),
  saveRefusedPatience: 0,
  namesEditors: false,
}
