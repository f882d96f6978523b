import { open } from 'node:fs/promises'

/** When this returns, a power cut takes back no name that was made in, or removed from, the folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
