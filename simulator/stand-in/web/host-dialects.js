/** @typedef {import('./sitting.js').View} View */
/** @typedef {import('./host-page.js').HostPage} HostPage */

/**
 * What is asked of the editor by the page around it.
 * @typedef {{ save: () => Promise<boolean>, renewToken: (token: string) => Promise<void>, focus: () => void, blur: () => void }} Services
 */

/**
 * What one product tells the page around it, and when (CLIENTS.md §1).
 * @typedef {object} Dialect
 * @property {() => void} started
 * @property {() => void} loaded
 * @property {() => void} hostReady
 * @property {() => void} edited somebody typed here
 * @property {(view: View, modified: boolean) => void} shown the document, or who is there, has changed
 * @property {(why: string) => void} ended
 * @property {() => boolean} closing false when the host page hears nothing and the editor must go away by itself
 * @property {(id: string, values: Record<string, unknown>) => void} heard
 */

const editNoticeEvery = 5 * 60_000

/**
 * @param {HostPage} host
 * @param {{ family: string, closePostMessage: boolean, closeUrl: string, editNotificationPostMessage: boolean }} settings
 * @param {Services} services
 * @returns {Dialect}
 */
export function dialectOf(host, settings, services) {
  return settings.family === 'collabora' ? collabora(host, services) : office(host, settings, services)
}

/**
 * Microsoft's and ONLYOFFICE's: the same messages, but that Microsoft's close button needs a CloseUrl, too.
 * @type {typeof dialectOf}
 */
function office(host, settings, services) {
  const closes = settings.closePostMessage && (settings.family === 'onlyoffice' || settings.closeUrl !== '')
  let noticeAgainAt = -Infinity
  return {
    started: () => undefined,
    loaded: () => host.say('App_LoadingStatus', { DocumentLoadedTime: Date.now() }),
    hostReady: () => undefined,
    edited: () => {
      if (!settings.editNotificationPostMessage || !host.listens || performance.now() < noticeAgainAt) return
      noticeAgainAt = performance.now() + editNoticeEvery
      host.say('Edit_Notification', {})
    },
    shown: () => undefined,
    ended: () => undefined,
    closing: () => {
      if (!closes || !host.listens) return false
      host.say('UI_Close', {})
      return true
    },
    heard: (id) => focusOf(id, services),
  }
}

/**
 * @param {HostPage} host
 * @param {Services} services
 * @returns {Dialect}
 */
function collabora(host, services) {
  /** @type {object[]} */
  let views = []
  let modified = false
  let everModified = false
  const tellAll = () => {
    host.say('Views_List', views)
    host.say('Doc_ModifiedStatus', { Modified: modified })
  }
  return {
    started: () => host.say('App_LoadingStatus', { Status: 'Frame_Ready' }),
    loaded: () =>
      host.say('App_LoadingStatus', { Status: 'Document_Loaded', DocumentLoadedTime: Date.now() }),
    hostReady: tellAll,
    edited: () => {
      everModified = true
    },
    shown: (view, modifiedNow) => {
      const viewsNow = view.people.map(viewOf)
      if (JSON.stringify(viewsNow) !== JSON.stringify(views)) {
        views = viewsNow
        host.say('Views_List', views)
      }
      if (modifiedNow !== modified) {
        modified = modifiedNow
        host.say('Doc_ModifiedStatus', { Modified: modified })
      }
    },
    ended: (why) => host.say('Session_Closed', { Reason: why }),
    closing: () => {
      host.say('UI_Close', { EverModified: everModified })
      return host.listens
    },
    heard: (id, values) => {
      const { token } = values
      if (id === 'Get_Views') host.say('Get_Views_Resp', views)
      else if (id === 'Reset_Access_Token' && typeof token === 'string') void services.renewToken(token)
      else if (id === 'Action_Save') void save(host, services)
      else focusOf(id, services)
    },
  }
}

/**
 * @param {HostPage} host
 * @param {Services} services
 */
async function save(host, services) {
  const success = await services.save().catch(() => false)
  host.say('Action_Save_Resp', { success, result: success ? 'success' : 'failed' })
}

/** @param {import('./sitting.js').PersonView} person */
function viewOf({ viewId, userId, name, readOnly }) {
  return { ViewId: viewId, UserId: userId, UserName: name, ReadOnly: readOnly ? '1' : '0' }
}

/**
 * @param {string} id
 * @param {Services} services
 */
function focusOf(id, services) {
  if (id === 'Blur_Focus') services.blur()
  if (id === 'Grab_Focus') services.focus()
}
