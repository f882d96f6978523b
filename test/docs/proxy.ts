import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Agent } from 'undici'
import { freePort } from '../kit/free-port.js'

const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docker', 'nginx.conf')
const HOST = 'tandem.example.com'

/** Programs that `Proxy` needs and this machine lacks. */
export function missingPrograms(): string[] {
  return [
    ['nginx', '-v'],
    ['openssl', 'version'],
  ].flatMap(([program = '', argument = '']) => {
    try {
      execFileSync(program, [argument], { stdio: 'ignore' })
      return []
    } catch {
      return [program]
    }
  })
}

/** The nginx of this machine with `docker/nginx.conf`, where only addresses and folders are changed. */
export class Proxy implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly folder: string,
    private readonly certificate: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(upstreamPort: number): Promise<Proxy> {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-nginx-'))
    const port = await freePort()
    await Promise.all([mkdir(join(folder, 'logs')), makeCertificate(folder)])
    await writeFile(join(folder, 'nginx.conf'), await configFor(folder, port, upstreamPort))
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;']
    const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    process.once('exit', () => child.kill())
    const certificate = await readFile(join(folder, 'tandem.crt'), 'utf8')
    const proxy = new Proxy(`https://127.0.0.1:${port}`, port, folder, certificate, child)
    await proxy.untilListening()
    return proxy
  }

  /** For undici: trusts this proxy's certificate, and calls from the given loopback address. */
  agent(localAddress = '127.0.0.1'): Agent {
    return new Agent({ localAddress, connect: { ca: this.certificate, servername: HOST } })
  }

  /** Sends bytes as they are; resolves with all bytes of the answer when the other side closes. */
  async sendRaw(text: string): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: this.port, ca: this.certificate, servername: HOST })
    await once(socket, 'secureConnect')
    socket.write(text)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString('latin1')
  }

  /** Everything that nginx wrote to any log. */
  async logs(): Promise<string> {
    const folder = join(this.folder, 'logs')
    const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'))
    return (await Promise.all(texts)).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit')
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM')
      await gone
    }
    await rm(this.folder, { recursive: true, force: true })
  }

  private async untilListening(): Promise<void> {
    let complaint = ''
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    const deadline = Date.now() + 10_000
    while (this.child.exitCode === null && Date.now() < deadline) {
      const socket = connect({ host: '127.0.0.1', port: this.port, rejectUnauthorized: false })
      const listens = await once(socket, 'secureConnect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      if (listens) return
      await pause(20)
    }
    throw new Error(`nginx does not listen: ${complaint}`)
  }
}

async function makeCertificate(folder: string): Promise<void> {
  const files = ['-keyout', join(folder, 'tandem.key'), '-out', join(folder, 'tandem.crt')]
  const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'],
    ...files,
    ...names,
  ])
}

async function configFor(folder: string, port: number, upstreamPort: number): Promise<string> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['pid /run/nginx.pid;', `pid ${folder}/nginx.pid;`],
    ['/var/log/nginx/', `${folder}/logs/`],
    ['/etc/nginx/tls/', `${folder}/`],
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${upstreamPort};`],
    ['\nhttp {\n', `\nhttp {\n${temporary}\n`],
  ]
  let text = await readFile(SHIPPED, 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`docker/nginx.conf has no "${from}" any more`)
    text = text.replaceAll(from, to)
  }
  return text
}
