import { NameTaken } from '../storage-errors.js'

const UNIQUE_VIOLATION = '23505'

/**
 * Two files or containers on their way to one name: both find it free, and the index stops the later one, which then sees it taken.
 * Each time somebody got their name, so that a crowd gets through as well.
 */
export async function againIfNameTaken<T>(rename: () => Promise<T>, tries = 30): Promise<T> {
  try {
    return await rename()
  } catch (error) {
    if (tries === 1 || (error as NodeJS.ErrnoException).code !== UNIQUE_VIOLATION) throw error
    return againIfNameTaken(rename, tries - 1)
  }
}

/** Nobody holds a name that is free: who takes it may find it taken. Each time somebody got it, as above. */
export async function withFreeName<T>(take: () => Promise<T>, tries = 1000): Promise<T> {
  try {
    return await take()
  } catch (error) {
    if (tries === 1 || !(error instanceof NameTaken)) throw error
    return withFreeName(take, tries - 1)
  }
}
