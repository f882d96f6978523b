import { parseArgs } from 'node:util'
import { z } from 'zod'

export const usage = `Scripted Word, Excel and PowerPoint editors co-author new documents on a running Tandem.

Usage: npm run simulate -- [options]
       npm run simulate -- --stand-in [--url URL] [--editor-port PORT] [--editor-url URL] [--key-file FILE]

  --url URL              the Tandem to use                          (default http://localhost:8080)
  --token USER=BEARER    a user and their token for /api/v1; repeat it for more users. The first one owns the
                         documents; people beyond the last one are further tabs of the same users
  --token-command CMD    prints a token as its last line; {user} is replaced by a user's name
                         (default 'npm run --silent token -- {user}': a Tandem on this machine, in embedded mode)
  --application NAME     word, excel, powerpoint or all             (default all)
  --principal-rule RULE  who saves in Excel: last-joined or first-joined   (default last-joined)
  --people N             people per document                        (default 4)
  --native N             N people with desktop Office per document instead: native clients, which co-author through
                         the host itself (coauth locks, saves by chunks). A Tandem with COAUTH_PROFILE=plus is needed
  --documents N          documents per application                  (default 1)
  --minutes M            length of the session in simulated minutes (default 30)
  --speed F              simulated seconds per real second          (default 60; with --stand-in 1)
  --seed TEXT            the same seed plays the same session       (default: a new one, printed)
  --scenarios            play the six documented scenarios in each application instead, as fast as the host answers,
                         and show the documented beside the observed outcome. Takes four users: three edit what is
                         the fourth one's
  --editor-port PORT     be an editor service that Tandem can check: sign every call, and publish the key at
                         http://localhost:PORT/hosting/discovery. A Tandem with EDITORS=stand-in=THAT needs this
  --editor-url URL       under which Tandem and browsers reach it, when that is not http://localhost:PORT
  --key-file FILE        keep the proof key there, for the next run; without, each run has a new one
  --stand-in             no scripted editors: serve the stand-in editor, in which people open documents of --url
                         with their browsers, until Ctrl-C          (--editor-port is 8090 then, unless given)
  --quiet                only the summary
  --help

The exit status is 0 when no change was lost and nothing was refused, or every scenario ended as documented.`

const count = z.coerce.number().int().min(1)

const options = z.object({
  url: z.url().transform((url) => url.replace(/\/+$/, '')),
  token: z.array(z.string().regex(/^[^=]+=.+$/, 'must be USER=BEARER')),
  'token-command': z.string(),
  application: z.enum(['word', 'excel', 'powerpoint', 'all']),
  'principal-rule': z.enum(['last-joined', 'first-joined']),
  people: count.max(1000),
  native: count.max(1000).optional(),
  documents: count.max(1000),
  minutes: z.coerce.number().positive(),
  speed: z.coerce.number().positive(),
  seed: z.string(),
  scenarios: z.boolean(),
  'editor-port': z.coerce.number().int().min(1).max(65535).optional(),
  'editor-url': z.url({ protocol: /^https?$/ }).optional(),
  'key-file': z.string().optional(),
  'stand-in': z.boolean(),
  quiet: z.boolean(),
  help: z.boolean(),
})
export type SimulateOptions = z.infer<typeof options>

/** Throws an Error whose message says which option is wrong. */
export function readOptions(args: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', default: 'http://localhost:8080' },
      token: { type: 'string', multiple: true, default: [] },
      'token-command': { type: 'string', default: 'npm run --silent token -- {user}' },
      application: { type: 'string', default: 'all' },
      'principal-rule': { type: 'string', default: 'last-joined' },
      people: { type: 'string', default: '4' },
      native: { type: 'string' },
      documents: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '30' },
      speed: { type: 'string' },
      seed: { type: 'string', default: Math.random().toString(36).slice(2, 8) },
      scenarios: { type: 'boolean', default: false },
      'editor-port': { type: 'string' },
      'editor-url': { type: 'string' },
      'key-file': { type: 'string' },
      'stand-in': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const speed = values.speed ?? (values['stand-in'] ? '1' : '60')
  const parsed = options.safeParse({ ...values, speed })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`--${issue?.path.join(' ') ?? ''}: ${issue?.message ?? 'is wrong'}`)
}
