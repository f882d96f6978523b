import type { Application } from './application.js'
import { lastEditor, minute, second } from './application.js'
import { OfficeDocument } from './office/office-document.js'
import { newWordDocument, wordFormat } from './office/word-document.js'

export const word: Application = {
  name: 'word',
  label: 'Word',
  extension: 'docx',
  blank: newWordDocument,
  open: (bytes) => OfficeDocument.open(bytes, wordFormat),
  saveInterval: () => 30 * second,
  saver: lastEditor,
  permissionCheck: { by: 'check-file-info', every: 5 * minute },
  lockRefreshEvery: 10 * minute,
  newLockId: (random) => JSON.stringify({ S: random.guid(), F: 4 }),
  // A host that takes the id apart, or sees the longer one as a stranger's, breaks here.
  settledLockId: (firstId, random) =>
    firstId.replace(',"F":4}', `,"F":6,"E":2,"M":"${random.guid()}","P":"${random.guid()}"}`),
  saveRefusedPatience: 0,
  namesEditors: true,
}
