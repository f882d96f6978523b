import { NameTaken } from '../storage-errors.js'

const UNIQUE_VIOLATION = '23505'

/**
 * Two files or containers on their way to one name: both find it free, and the index stops the later one, which then sees it taken.
 * Each time somebody got their name, so that a crowd gets through as well.
 */
export function againIfNameTaken<T>(rename: () => Promise<T>): Promise<T> {
  return again(rename, (error) => (error as NodeJS.ErrnoException).code === UNIQUE_VIOLATION, 30)
}

/** Nobody holds a name that is free: who takes it may find it taken. Each time somebody got it, as above. */
export function withFreeName<T>(take: () => Promise<T>): Promise<T> {
  return again(take, (error) => error instanceof NameTaken, 1000)
}

async function again<T>(
  work: () => Promise<T>,
  cameLate: (error: unknown) => boolean,
  tries: number,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (tries === 1 || !cameLate(error)) throw error
    return again(work, cameLate, tries - 1)
  }
}
