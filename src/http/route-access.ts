import { Injectable, type OnModuleInit } from '@nestjs/common'
import { DiscoveryService, Reflector } from '@nestjs/core'
import { ACCESS, type Access } from './access.js'

/** Default deny: a controller that nobody gave an access to stops the start, instead of being open to everybody. */
@Injectable()
export class RouteAccess implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const { metatype, name } of this.discovery.getControllers()) {
      if (!metatype || this.reflector.get<Access | undefined>(ACCESS, metatype) === undefined) {
        throw new Error(`The controller ${String(name)} declares no access.`)
      }
    }
  }
}
