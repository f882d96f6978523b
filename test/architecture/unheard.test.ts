import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './cruise.js'
import { unheardIn, type Finding } from './unheard.js'

describe('nothing that fails unheard ends the process', () => {
  it('everything that can emit an error has a listener, every promise a handler, and PostgreSQL one kind of client', () => {
    expect(unheardIn(ROOT)).toEqual([])
  })
})

const BREACHES: Readonly<Record<string, readonly [code: string, rule: Finding['rule']]>> = {
  'a client beside the one class': [
    `import pg from 'pg'\nconst c = new pg.Client({})\nc.on('error', () => undefined)`,
    'own-connection',
  ],
  'a pool of its own': [`import { Pool } from 'pg'\nexport const pool = new Pool()`, 'own-connection'],
  'a socket': [`import { connect } from 'node:net'\nconst s = connect(1)\ns.end()`, 'unheard-emitter'],
  'a server that only waits to listen': [
    `import { createServer } from 'node:net'\nimport { once } from 'node:events'\nconst s = createServer()\nawait once(s, 'listening')`,
    'unheard-emitter',
  ],
  'a child process': [`import { spawn } from 'node:child_process'\nspawn('true')`, 'unheard-emitter'],
  'a worker': [`import cluster from 'node:cluster'\nconst w = cluster.fork()\nw.send(1)`, 'unheard-emitter'],
  'a file that is piped': [
    `import { createReadStream } from 'node:fs'\ncreateReadStream('x').pipe(process.stdout)`,
    'unheard-emitter',
  ],
  'pg-boss': [`import PgBoss from 'pg-boss'\nconst b = new PgBoss('x')\nawait b.start()`, 'unheard-emitter'],
  'what a function of ours hands out': [
    `import { spawn } from 'node:child_process'\nfunction begin() {\n  return spawn('x')\n}\nconst p = begin()\np.kill()`,
    'unheard-emitter',
  ],
  'a server class of ours': [
    `import { Server } from 'node:http'\nclass Mine extends Server {}\nexport const s = new Mine()`,
    'unheard-emitter',
  ],
  'a promise thrown away': [`async function f() { await 1 }\nvoid f()`, 'floating-promise'],
  'a promise of a method that may reject': [
    `class A {\n  go() { void this.f() }\n  async f() { await 1 }\n}`,
    'floating-promise',
  ],
}

const RIGHT: Readonly<Record<string, string>> = {
  'a socket with a listener': `import { connect } from 'node:net'\nconst s = connect(1)\ns.on('error', () => undefined)`,
  'a chained listener': `import { spawn } from 'node:child_process'\nspawn('x').on('error', () => undefined)`,
  'a file read to its end': `import { createReadStream } from 'node:fs'\nfor await (const x of createReadStream('x')) console.log(x)`,
  'one of two sources': `import { createReadStream } from 'node:fs'\nconst s = 1 ? other() : createReadStream('x')\nfor await (const x of s) f(x)`,
  'a field': `import { spawn } from 'node:child_process'\nclass A { go() { this.p = spawn('x')\n this.p.once('error', () => 1) } }`,
  'a caught promise': `void f().catch(() => undefined)`,
  'a method that catches everything': `class A {\n  go() { void this.f() }\n  async f() { try { await 1 } catch { g() } }\n}`,
}

describe('the test of it', () => {
  let root: string

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tandem-unheard-'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  const findings = async (name: string, code: string): Promise<string[]> => {
    const folder = name.replaceAll(/\W/g, '-')
    await mkdir(join(root, folder))
    await writeFile(join(root, folder, 'planted.ts'), code)
    return unheardIn(root, folder).map(({ rule }) => rule)
  }

  it.each(Object.entries(BREACHES))('finds %s', async (name, [code, rule]) => {
    expect(await findings(name, code)).toContain(rule)
  })

  it.each(Object.entries(RIGHT))('lets pass %s', async (name, code) => {
    expect(await findings(name, code)).toEqual([])
  })
})
