import { textOf } from './markdown.js'

/** The variables that `readConfig` knows, from its source. */
export function variablesOfTheSource(): string[] {
  const source = textOf('src/config/config.ts')
  const [, schema = ''] = /const environment = z\.object\(\{\n(.*?)\n\}\)/s.exec(source) ?? []
  return [...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name = '']) => name)
}
