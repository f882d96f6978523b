import type { Application } from '../application.js'
import { excel } from '../excel.js'
import type { OfficeDocument } from '../office/office-document.js'
import { powerpoint } from '../powerpoint.js'
import { word } from '../word.js'

/** The applications, for documents that people bring along. */
export const applications: readonly Application[] = [word, excel('last-joined'), powerpoint].map(
  (application) => ({ ...application, open: (bytes) => openWritable(application, bytes) }),
)

export function applicationFor(fileName: string): Application | undefined {
  const extension = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  return applications.find((application) => application.extension === extension)
}

/**
 * An empty file is a new document. Any other is written once for trial: one that is not shaped as expected has to
 * be refused when it is opened, not when it is saved.
 */
function openWritable(application: Application, bytes: Uint8Array): OfficeDocument {
  const content = bytes.length > 0 ? bytes : application.blank('')
  const trial = application.open(content)
  trial.append('')
  trial.toBytes()
  return application.open(content)
}
