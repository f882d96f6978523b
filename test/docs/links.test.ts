import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textOf } from './markdown.js'

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docker/README.md',
  'bench/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** Text outside of code, in which links are links. */
function prose(markdown: string): string {
  return markdown.replace(/^```.*?^```/gms, '')
}

/** As GitHub makes anchors of headings. */
function anchorsIn(path: string): string[] {
  return [...prose(textOf(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(DOCUMENTS)('%s', (document) => {
  const text = prose(textOf(document))

  it('links to nothing that does not exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, target = '']) => target)
    const broken = targets.filter((target) => {
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? document : normalize(join(dirname(document), file))
      return !existsSync(path) || (anchor !== undefined && !anchorsIn(path).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  it('names no file of the sources that does not exist', () => {
    const names = [...text.matchAll(/`((?:src|test|simulator|bench|docs|docker|scripts)\/[\w./-]+)`/g)]
    const isPlaceholder = (name: string): boolean => /\/(NAME|TIMESTAMP)\b/.test(name)
    expect(
      names.map(([, name = '']) => name).filter((name) => !isPlaceholder(name) && !existsSync(name)),
    ).toEqual([])
  })
})
