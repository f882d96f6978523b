// What editors say to the page around them. One list for Office, Collabora and ONLYOFFICE: their names do not clash
// (WOPI.md §15.4, CLIENTS.md §1).

/** @typedef {'microsoft' | 'collabora' | 'onlyoffice'} Family */
/** @typedef {{ id: string, values: Record<string, unknown> }} EditorMessage */
/**
 * @typedef {{ kind: 'loading' | 'loaded' | 'edited' | 'modified' | 'unmodified' | 'wants-to-edit' | 'save-failed' | 'saved' |
 *   'session-closed' | 'closed' } | { kind: 'people', userIds: string[] } | { kind: 'renamed', name: string }} Meaning
 */

/**
 * @param {EditorMessage} message
 * @returns {Meaning | undefined} undefined for what is none of our business
 */
export function meaningOf({ id, values }) {
  switch (id) {
    case 'App_LoadingStatus':
      // Collabora says Frame_Ready before there is a document; the others say only that they have it.
      return {
        kind: values['Status'] === 'Frame_Ready' || values['Status'] === 'Initialized' ? 'loading' : 'loaded',
      }
    case 'Edit_Notification':
      return { kind: 'edited' }
    case 'Doc_ModifiedStatus':
      // To every view, whoever typed.
      return { kind: values['Modified'] === true ? 'modified' : 'unmodified' }
    case 'Views_List':
    case 'Get_Views_Resp':
      return { kind: 'people', userIds: userIds(values) }
    case 'File_Rename':
      return typeof values['NewName'] === 'string' ? { kind: 'renamed', name: values['NewName'] } : undefined
    case 'UI_Edit':
      return { kind: 'wants-to-edit' }
    case 'Action_Save_Resp':
      return { kind: values['success'] === false ? 'save-failed' : 'saved' }
    case 'Session_Closed':
      return { kind: 'session-closed' }
    case 'UI_Close':
      return { kind: 'closed' }
    default:
      return undefined
  }
}

/** @param {Record<string, unknown>} values a list, or an object that has one */
function userIds(values) {
  const list = Array.isArray(values) ? values : values['Views']
  if (!Array.isArray(list)) return []
  return list
    .map((view) => (typeof view === 'object' && view !== null ? String(view.UserId ?? '') : ''))
    .filter((id) => /^[A-Za-z0-9]{1,128}$/.test(id))
    .slice(0, 1000)
}
