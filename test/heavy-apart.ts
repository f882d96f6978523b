import { readFileSync } from 'node:fs'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Of the files that take turns (test/heavy.ts) the longest first and the others far apart, so that none holds a worker
 * while it waits for another; between them the rest, the long ones first.
 */
export default class HeavyApart extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const heavy: TestSpecification[] = []
    const others: TestSpecification[] = []
    for (const file of await super.sort(files)) (takesTurns(file) ? heavy : others).push(file)
    const between = Math.ceil(others.length / Math.max(1, heavy.length))
    const spread = heavy.flatMap((one, at) => [one, ...others.slice(at * between, (at + 1) * between)])
    return heavy.length === 0 ? others : spread
  }
}

function takesTurns({ moduleId }: TestSpecification): boolean {
  return readFileSync(moduleId, 'utf8').includes('\ntakesTurnsWithHeavyTests()')
}
