import type { Application } from '../application.js'
import { Random } from '../random.js'
import { withThumbnail } from './thumbnail.js'

const kilobytes = 64

/** Its new documents have a picture. */
export function illustrated(application: Application): Application {
  return {
    ...application,
    blank: (title) => withThumbnail(application.blank(title), kilobytes, new Random(title)),
  }
}
