import { exec } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(exec)

/** Runs `command` with `{user}` filled in; the token is the last line of its output. */
export async function bearerFromCommand(command: string, user: string): Promise<string> {
  const { stdout } = await run(command.replaceAll('{user}', user))
  return lastLine(stdout)
}

export function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
