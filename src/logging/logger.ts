import type { LoggerService } from '@nestjs/common'
import { pino, type Logger as Pino } from 'pino'
import { LogOutput } from './log-output.js'

/** Facts of one log line. Never a request, a header or a URL: those carry tokens (RELIABILITY-SECURITY.md L-01). */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One JSON line per event on standard output. */
export class Logger implements LoggerService {
  private readonly pino: Pino

  constructor(level: string, destination: { write(line: string): unknown } = new LogOutput()) {
    this.pino = pino(
      { level, base: { pid: process.pid }, hooks: { streamWrite: scrub } },
      destination as never,
    )
  }

  debug(facts: LogFacts | string, message?: string): void {
    this.write('debug', facts, message)
  }
  info(facts: LogFacts, message: string): void {
    this.write('info', facts, message)
  }
  warn(facts: LogFacts | string, message?: string): void {
    this.write('warn', facts, message)
  }
  error(facts: LogFacts | string, message?: string): void {
    this.write('error', facts, message)
  }

  /** Nest's own informational lines (routes mapped, modules ready) help nobody at 3 a.m. */
  log(message: string): void {
    this.pino.debug(message)
  }

  private write(
    level: 'debug' | 'info' | 'warn' | 'error',
    facts: LogFacts | string,
    message?: string,
  ): void {
    if (typeof facts === 'string') this.pino[level](facts)
    else this.pino[level](facts, message)
  }
}

const MAX_LINE = 8192

// The last line of defence: whatever a library put into an error text, nothing shaped like a token leaves the process.
function scrub(line: string): string {
  const clean = line
    .replace(/eyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '[token]')
    .replace(/(access_token(?:%3D|=)|[Bb]earer )[^\s"&\\]{16,}/g, '$1[token]')
  return clean.length <= MAX_LINE
    ? clean
    : `${JSON.stringify({ level: 40, cut: clean.slice(0, MAX_LINE / 2) })}\n`
}
