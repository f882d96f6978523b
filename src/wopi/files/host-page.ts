import type { Settings } from '../../config/settings.js'
import type { FileId } from '../../ids/ids.js'

type Origin = Pick<Settings, 'publicUrl'>

/** The page of Tandem's own that opens a file in an editor, or a share link: always on the configured origin (S-05). */
export function hostPage({ publicUrl }: Origin, page: 'view' | 'edit', objectId: string): string {
  return `${publicUrl}/${page}/${objectId}`
}

/**
 * Both, for everybody: the page asks for the right of who comes, and what CheckFileInfo says must not differ between
 * two people on a file but for their rights (CLIENTS.md pain 22).
 */
export function hostPages(origin: Origin, fileId: FileId): { HostViewUrl: string; HostEditUrl: string } {
  return {
    HostViewUrl: hostPage(origin, 'view', fileId),
    HostEditUrl: hostPage(origin, 'edit', fileId),
  }
}

/**
 * Editors talk to a page of this origin and to no other, and only about what has its property and its address
 * (WOPI.md §15.4).
 */
export function aroundTheEditor({ publicUrl }: Origin): Record<string, unknown> {
  return {
    PostMessageOrigin: new URL(publicUrl).origin,
    CloseUrl: `${publicUrl}/`,
    ClosePostMessage: true,
    EditModePostMessage: true,
    EditNotificationPostMessage: true,
  }
}
