import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { AppModule } from '../../src/app.module.js'
import { readConfig } from '../../src/config/config.js'
import type { Settings } from '../../src/config/settings.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { DeclareAccess } from '../../src/http/access.js'
import { Logger } from '../../src/logging/logger.js'
import { newDatabase } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { rawRequest } from '../permission/raw-http.js'
import { routesOf } from './router.js'

/** Every route there is, and who is let in. A new route belongs here, in the same change. */
const PUBLIC = ['GET /health/live', 'GET /health/ready', 'GET /metrics']
/** For browsers: whoever is not signed in is sent to where one signs in. */
const PAGES = ['GET /', 'GET /edit/:id', 'GET /view/:id']
const SIGN_IN = ['GET /sign-in', 'POST /api/v1/sign-in']
const WOPI = [
  'GET /wopi/file-contents/:id',
  'GET /wopi/containers/:id',
  'GET /wopi/containers/:id/ancestry',
  'GET /wopi/containers/:id/children',
  'GET /wopi/containers/:id/ecosystem_pointer',
  'POST /wopi/containers/:id',
  'GET /wopi/ecosystem',
  'GET /wopi/ecosystem/root_container_pointer',
  'POST /wopi/ecosystem',
  'GET /wopibootstrapper',
  'POST /wopibootstrapper',
  'GET /wopi/files/:id/ancestry',
  'GET /wopi/files/:id/ecosystem_pointer',
  'GET /wopi/files/:id',
  'GET /wopi/files/:id/contents',
  'POST /wopi/files/:id',
  'POST /wopi/files/:id/contents',
  'POST /wopi/files/:id/presence/together',
  'POST /wopi/files/:id/presence/:event',
]
const REST = [
  'DELETE /api/v1/:kind/:id/grants/:subject',
  'DELETE /api/v1/admin/access-tokens/:jti',
  'DELETE /api/v1/admin/locks/:file',
  'DELETE /api/v1/bin',
  'DELETE /api/v1/bin/:id',
  'DELETE /api/v1/files/:id',
  'DELETE /api/v1/files/:id/exclusive-lock',
  'DELETE /api/v1/files/:id/recovery-items/:item',
  'GET /api/v1/:kind/:id/grants',
  'GET /api/v1/:kind/:id/share-links',
  'DELETE /api/v1/:kind/:id/share-links/:link',
  'GET /api/v1/admin/access-tokens',
  'GET /api/v1/admin/audit',
  'GET /api/v1/admin/editors',
  'GET /api/v1/admin/locks',
  'GET /api/v1/admin/locks/:file',
  'GET /api/v1/admin/recovery-items',
  'GET /api/v1/admin/sessions',
  'GET /api/v1/admin/sessions/:id',
  'GET /api/v1/admin/sessions/:id/events',
  'GET /api/v1/admin/sessions/:id/revocation-forecast',
  'GET /api/v1/bin',
  'GET /api/v1/bin/:id',
  'GET /api/v1/bin/:id/recovery-items',
  'GET /api/v1/bin/:id/recovery-items/:item/content',
  'GET /api/v1/containers',
  'GET /api/v1/containers/:id',
  'GET /api/v1/events',
  'GET /api/v1/files',
  'GET /api/v1/files/:id',
  'GET /api/v1/files/:id/coauth-status',
  'GET /api/v1/files/:id/content',
  'GET /api/v1/files/:id/opening',
  'GET /api/v1/files/:id/recovery-items',
  'GET /api/v1/files/:id/recovery-items/:item/content',
  'GET /api/v1/files/:id/versions',
  'GET /api/v1/files/:id/versions/:version/content',
  'GET /api/v1/me',
  'POST /api/v1/admin/sessions/:id/end',
  'POST /api/v1/admin/users/:user/sign-out',
  'POST /api/v1/bin/:id/restore',
  'POST /api/v1/containers',
  'POST /api/v1/containers/:id/access-tokens',
  'POST /api/v1/files',
  'POST /api/v1/share-links/redeem',
  'POST /api/v1/files/:id/access-tokens',
  'POST /api/v1/files/:id/exclusive-lock',
  'POST /api/v1/files/:id/recovery-items/:item/restore',
  'POST /api/v1/files/:id/recovery-items/:item/save-copy',
  'POST /api/v1/files/:id/versions/:version/restore',
  'POST /api/v1/sign-out',
  'PUT /api/v1/:kind/:id/grants/:subject',
  'PUT /api/v1/files/:id/content',
]

@Controller('forgotten')
class Forgotten {
  @Get()
  open(): string {
    return 'everybody may read this'
  }
}

@Controller('declared')
@DeclareAccess('public')
class Declared {
  @Get()
  open(): string {
    return 'on purpose'
  }
}

@Controller(['api/v1/admin', 'elsewhere'])
@DeclareAccess('bearer')
class ForEverybody {
  @Get('secrets/:id')
  open(): string {
    return 'whoever is signed in may read this'
  }
}

describe('routes', () => {
  let dataDir: string
  let settings: Settings
  let tandem: Tandem
  const quiet = new Logger('silent')

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tandem-routes-'))
    const databaseUrl = await newDatabase(inject('postgres'))
    const config = readConfig({ DATA_DIR: dataDir, DATABASE_URL: databaseUrl })
    settings = { ...config, databaseUrl, tokenSecrets: await loadTokenSecrets(config) }
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(async () => {
    await tandem.stop()
    await rm(dataDir, { recursive: true })
  })

  it('A-09: the router has exactly the listed routes', async () => {
    const listed = [...PUBLIC, ...PAGES, ...SIGN_IN, ...WOPI, ...REST]
    expect((await routesOf(inject('postgres'))).toSorted()).toEqual(listed.toSorted())
  })

  it('A-09: without a token everything is 401 but the public routes and the documentation', async () => {
    const statusOf = async (route: string): Promise<number> => {
      const [method = '', path = ''] = route.split(' ')
      return (await rawRequest(tandem.url, path.replaceAll(/:\w+/g, 'x'), { method })).status
    }
    for (const route of [...WOPI, ...REST]) expect(await statusOf(route), route).toBe(401)
    expect(await Promise.all(PUBLIC.map(statusOf))).toEqual([200, 503, 200])
    for (const route of PAGES) expect(await statusOf(route), route).toBe(303)
    expect(await Promise.all(SIGN_IN.map(statusOf))).toEqual([200, 400])
    expect(await statusOf('GET /web/style.css')).toBe(200)
    expect(await statusOf('GET /api/openapi.json')).toBe(200)
    expect(await statusOf('GET /api/docs')).toBe(200)
  })

  it('A-09: the OpenAPI document has every REST route, and nothing else', async () => {
    const { body } = await rawRequest(tandem.url, '/api/openapi.json')
    const { paths } = JSON.parse(body) as { paths: Record<string, Record<string, unknown>> }
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(documented.toSorted()).toEqual([...REST, 'POST /api/v1/sign-in'].toSorted())
  })

  const starts = async (controller: new () => object): Promise<void> => {
    @Module({ imports: [AppModule.with(settings, quiet)], controllers: [controller] })
    class Extended {}
    const app = await NestFactory.create(Extended, { logger: quiet, abortOnError: false })
    await app.init().finally(() => app.close())
  }

  it('A-09: a controller that declares no access stops the start, and the same with one does not', async () => {
    await expect(starts(Forgotten)).rejects.toThrow('The controller Forgotten declares no access.')
    await expect(starts(Declared)).resolves.toBeUndefined()
  })

  it('A-09: a controller below /api/v1/admin that is not for administrators stops the start', async () => {
    await expect(starts(ForEverybody)).rejects.toThrow(
      'The controller ForEverybody serves api/v1/admin/secrets/:id and must declare the access admin.',
    )
  })
})
