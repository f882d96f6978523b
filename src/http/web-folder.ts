import type { ExpressAdapter } from '@nestjs/platform-express'
import { existsSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { ALWAYS } from './answer.js'

/** Beside `src/`, and, when this runs as built, beside `dist/`. */
const PLACES = ['../../web/', '../../../web/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

/** What the pages are made of, for everybody, below `/web/`: scripts, styles, icon. No bytes of a document (S-08). */
export function serveWebFolder(adapter: ExpressAdapter): void {
  const folder = PLACES.find((place) => existsSync(place))
  if (folder === undefined) throw new Error(`the folder web/ is missing: looked for ${PLACES.join(' and ')}`)
  adapter.useStaticAssets(folder, {
    prefix: '/web/',
    index: false,
    redirect: false,
    setHeaders: (response: ServerResponse) => {
      for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value)
      // Small, and asked for again after an update.
      response.setHeader('Cache-Control', 'no-cache')
    },
  })
}
