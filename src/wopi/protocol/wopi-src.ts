import type { Settings } from '../../config/settings.js'
import type { ContainerId, FileId } from '../../ids/ids.js'

type Origin = Pick<Settings, 'publicUrl'>

/** The file's URL for editors, the same for every user and always on the configured origin (WOPI.md §1). */
export function wopiSrc({ publicUrl }: Origin, fileId: FileId): string {
  return `${publicUrl}/wopi/files/${fileId}`
}

export function containerSrc({ publicUrl }: Origin, containerId: ContainerId): string {
  return `${publicUrl}/wopi/containers/${containerId}`
}

export function ecosystemSrc({ publicUrl }: Origin): string {
  return `${publicUrl}/wopi/ecosystem`
}
