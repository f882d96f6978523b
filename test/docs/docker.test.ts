import { existsSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { textOf } from './markdown.js'
import { variablesOfTheSource } from './variables.js'

describe('docker/Dockerfile', () => {
  const sources = [...textOf('docker/Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
    ([, list = '']) => list.split(' '),
  )

  it('copies only what exists', () => {
    expect(sources).toContain('src')
    expect(sources.filter((source) => !existsSync(source))).toEqual([])
  })

  it('copies exactly what .dockerignore lets in', () => {
    const letIn = [...textOf('.dockerignore').matchAll(/^!(.*)$/gm)].map(([, path]) => path)
    const wanted = sources.map((source) => (statSync(source).isDirectory() ? `${source}/` : source))
    expect(new Set(letIn)).toEqual(new Set(wanted))
  })
})

describe('docker/compose.yaml', () => {
  it('sets only variables that the server reads', () => {
    const [, service = ''] = /\n {2}tandem:\n(.*?)\n {2}\w+:\n/s.exec(textOf('docker/compose.yaml')) ?? []
    const set = [...service.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name)
    expect(set).toContain('PUBLIC_URL')
    expect(variablesOfTheSource()).toEqual(expect.arrayContaining(set))
  })
})
