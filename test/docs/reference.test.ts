import { describe, expect, it } from 'vitest'
import { textOf } from './markdown.js'

interface Section {
  readonly heading: string
  readonly depth: number
  readonly text: string
}

/** The sections of a page in their order, each with what stands before the next heading. */
function sectionsOf(markdown: string): Section[] {
  return markdown
    .split(/^(?=##+ )/m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...text] = section.split('\n')
      return { heading, depth: heading.indexOf(' '), text: text.join('\n') }
    })
}

/** Sections that say something, and neither themselves nor any that they are part of say where it is known from. */
function sourceless(sections: readonly Section[]): string[] {
  const around: Section[] = []
  return sections.flatMap((section) => {
    while ((around.at(-1)?.depth ?? 0) >= section.depth) around.pop()
    around.push(section)
    const isSaid = around.some(({ text }) => /(?:^|\. )Source: \S/m.test(text))
    return section.text.trim() === '' || isSaid ? [] : [section.heading]
  })
}

const withoutDefinitions = (page: string): string => page.replaceAll(/^\[[^\]]+\]: .*$/gm, '')

describe.each(['wopi.md', 'clients.md', 'hazards.md'])('docs/reference/%s', (name) => {
  const page = textOf(`docs/reference/${name}`)
  const defined = new Map(
    [...page.matchAll(/^\[([^\]]+)\]: (.*)$/gm)].map(([, link = '', url = '']) => [link, url]),
  )
  const body = withoutDefinitions(page)

  it('says of every section where it is known from', () => {
    expect(sourceless(sectionsOf(body))).toEqual([])
  })

  it('defines every link that it uses, and uses every link that it defines', () => {
    const used = [...body.matchAll(/\]\[([^\]]+)\]/g)].map(([, link]) => link)
    // `[validator]` alone is a link, too.
    const alone = [...defined.keys()].filter((link) => body.includes(`[${link}]`))
    expect([...new Set([...used, ...alone])].toSorted()).toEqual([...defined.keys()].toSorted())
    expect([...defined.values()].filter((url) => !/^https?:\/\/[\w./~?=%-]+$/.test(url))).toEqual([])
  })
})

it('the test of them finds a section without a source', () => {
  const page =
    '# Page\n\n## 1. A\n\nSource: there.\n\n### 1.1 B\n\nText.\n\n## 2. C\n\n### 2.1 D\n\nText.\n\n## 3. E\n\nText.\n'
  expect(sourceless(sectionsOf(page))).toEqual(['### 2.1 D', '## 3. E'])
})
