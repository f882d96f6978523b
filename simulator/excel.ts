import type { Application } from './application.js'
import { lastJoined, minute } from './application.js'
import { excelFormat, newExcelWorkbook } from './office/excel-workbook.js'
import { OfficeDocument } from './office/office-document.js'

/** Who is Excel's principal user; both rules exist in the field. */
export type PrincipalRule = 'last-joined' | 'first-joined'

export function excel(rule: PrincipalRule): Application {
  return {
    name: 'excel',
    label: 'Excel',
    extension: 'xlsx',
    blank: newExcelWorkbook,
    open: (bytes) => OfficeDocument.open(bytes, excelFormat),
    saveInterval: () => 2 * minute,
    saver: (participants) => (rule === 'last-joined' ? lastJoined(participants) : participants[0]),
    permissionCheck: { by: 'refresh-lock', every: 15 * minute },
    lockRefreshEvery: 10 * minute,
    newLockId: (random) => random.guid(),
    saveRefusedPatience: 3 * minute,
    namesEditors: false,
  }
}
