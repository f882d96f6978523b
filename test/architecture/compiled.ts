import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './cruise.js'

/** One small change of a source. */
export interface Plant {
  /** With no other plant in it: whatever is wrong there then is this one. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** Some sources as `npm run types` sees them, and as it would see them with something planted in each. */
export class Compiled {
  private readonly sound: ts.Program
  private readonly planted: ts.Program

  /** @throws Error when `npm run types` does not look at a file, or a plant has no place */
  constructor(plants: readonly Plant[]) {
    const { fileNames, options } = configured()
    const host = ts.createCompilerHost(options)
    const files = plants.map(({ file }) => pathOf(file))
    if (new Set(files).size < files.length) throw new Error('two plants stand in one file')
    for (const file of files) if (!fileNames.includes(file)) throw new Error(`nobody compiles ${file}`)
    this.sound = ts.createProgram(files, options, host)
    const texts = new Map(plants.map((plant) => [pathOf(plant.file), changed(this.sound, plant)]))
    const read = host.getSourceFile.bind(host)
    host.getSourceFile = (name, settings, ...others): ts.SourceFile | undefined => {
      const text = texts.get(name)
      return text === undefined ? read(name, settings, ...others) : ts.createSourceFile(name, text, settings)
    }
    this.planted = ts.createProgram(files, options, host, this.sound)
  }

  /** What the compiler objects to in the file as it is. */
  faults(file: string): string[] {
    return errorsIn(this.sound, file)
  }

  /** What it objects to in the file with its plant. */
  objections(file: string): string[] {
    return errorsIn(this.planted, file)
  }
}

function pathOf(file: string): string {
  return join(ROOT, file)
}

function configured(): ts.ParsedCommandLine {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
    },
  }
  const config = ts.getParsedCommandLineOfConfigFile(pathOf('tsconfig.json'), { noEmit: true }, host)
  if (!config) throw new Error('tsconfig.json cannot be read')
  return config
}

function changed(program: ts.Program, { file, find, replace }: Plant): string {
  const [before, after, ...more] = (program.getSourceFile(pathOf(file))?.text ?? '').split(find)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${JSON.stringify(find)} does not stand in ${file} exactly once`)
  return before + replace + after
}

function errorsIn(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(pathOf(file))
  if (!source) throw new Error(`${file} is not compiled`)
  return program
    .getSemanticDiagnostics(source)
    .map(({ code, messageText }) => `TS${code} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}
