import { Injectable, type OnModuleInit } from '@nestjs/common'
import { PATH_METADATA } from '@nestjs/common/constants.js'
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core'
import { ACCESS, type Access } from './access.js'

type Controller = new (...args: never[]) => object

const ADMIN = /^api\/v1\/admin(\/|$)/

/**
 * Default deny: a controller that nobody gave an access to stops the start, instead of being open to everybody; and so
 * does one for administrators that would let in whoever is signed in.
 */
@Injectable()
export class RouteAccess implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    for (const { metatype, name } of this.discovery.getControllers()) {
      const controller = metatype as Controller | undefined
      const access = controller && this.reflector.get<Access | undefined>(ACCESS, controller)
      if (!access) throw new Error(`The controller ${String(name)} declares no access.`)
      const admin = this.pathsOf(controller).find((path) => ADMIN.test(path))
      if (admin !== undefined && access !== 'admin') {
        throw new Error(`The controller ${String(name)} serves ${admin} and must declare the access admin.`)
      }
    }
  }

  private pathsOf(controller: Controller): string[] {
    const prototype = controller.prototype as Record<string, object>
    return this.pathsAt(controller).flatMap((base) =>
      this.scanner
        .getAllMethodNames(prototype)
        .flatMap((method) => this.pathsAt(prototype[method]).map((path) => joined(base, path))),
    )
  }

  private pathsAt(target: object | undefined): string[] {
    const paths = target && (Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined)
    return paths === undefined ? [] : [paths].flat()
  }
}

function joined(...paths: readonly string[]): string {
  return paths
    .flatMap((path) => path.split('/'))
    .filter((part) => part !== '')
    .join('/')
}
