import { rmSync } from 'node:fs'
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { type Fault, planted } from './fault.js'

/** What a run of tests neither needs nor may share. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', 'data', 'demo-data', 'coverage'])

/** From test/faults/ under vitest, from dist/test/faults/ in the long form. */
export function repositoryRoot(): string {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  return root.endsWith('dist') ? dirname(root) : root
}

/** A copy of the sources in which faults are planted: the checkout stays as it is, whatever happens. */
export class Workspace implements AsyncDisposable {
  /** A run that is broken off leaves no copy behind. */
  private readonly clear = (): void => {
    rmSync(this.root, { recursive: true, force: true })
  }

  private constructor(readonly root: string) {
    process.once('exit', this.clear)
  }

  static async create(of = repositoryRoot()): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), 'tandem-faults-')))
    const { root } = workspace
    await cp(of, root, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(relative(of, path)),
    })
    // Tests run a program of `dist/` here and there; it has no fault in it.
    for (const name of ['node_modules', 'dist']) {
      const shared = await realpath(join(of, name)).catch(() => undefined)
      if (shared !== undefined) await symlink(shared, join(root, name))
    }
    return workspace
  }

  /**
   * Runs `work` with the fault in its place.
   * @throws Error when it cannot be planted, or is no program any more
   */
  async with<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
    const path = join(this.root, fault.file)
    const sound = await readFile(path, 'utf8')
    const faulty = planted(sound, fault)
    requireProgram(fault, faulty)
    await writeFile(path, faulty)
    try {
      return await work()
    } finally {
      await writeFile(path, sound)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.clear)
    return rm(this.root, { recursive: true, force: true })
  }
}

/** @throws Error what the compiler cannot even read is a broken patch, and no fault */
export function requireProgram({ id, file }: Fault, source: string): void {
  if (!file.endsWith('.ts')) return
  const options = { target: ts.ScriptTarget.ESNext, experimentalDecorators: true }
  const { diagnostics = [] } = ts.transpileModule(source, {
    compilerOptions: options,
    reportDiagnostics: true,
  })
  const [first] = diagnostics
  if (first)
    throw new Error(`fault ${id} is no program: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`)
}
