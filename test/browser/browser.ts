import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const PLACES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const executablePath = PLACES.find((path) => path !== '' && existsSync(path))

/** False where no browser is installed; it is said once per file, and loudly. */
export const hasBrowser = executablePath !== undefined

if (!hasBrowser) {
  console.warn(
    '\n!!! The pages are NOT TESTED in a browser: no Chromium (apt-get install chromium-headless-shell) !!!\n',
  )
}

export function startBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no browser is installed')
  // Tests may run as root, where Chromium's own sandbox cannot.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}
