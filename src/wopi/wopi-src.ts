import type { Settings } from '../config/settings.js'

/** The file's URL for editors, the same for every user and always on the configured origin (WOPI.md §1). */
export function wopiSrc({ publicUrl }: Pick<Settings, 'publicUrl'>, fileId: string): string {
  return `${publicUrl}/wopi/files/${fileId}`
}
