import { readFile } from 'node:fs/promises'

const types: Readonly<Record<string, string>> = {
  'editor.css': 'text/css; charset=utf-8',
  'editor.js': 'text/javascript; charset=utf-8',
  'host-page.js': 'text/javascript; charset=utf-8',
  'host-dialects.js': 'text/javascript; charset=utf-8',
  'sitting.js': 'text/javascript; charset=utf-8',
  'typing.js': 'text/javascript; charset=utf-8',
}

/** A file of web/, as it is. */
export async function pageAsset(name: string): Promise<{ bytes: Buffer; type: string } | undefined> {
  const type = Object.hasOwn(types, name) ? types[name] : undefined
  return type === undefined
    ? undefined
    : { type, bytes: await readFile(new URL(`./web/${name}`, import.meta.url)) }
}
