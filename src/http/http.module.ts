import { Global, Module } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'
import { Downloads } from './downloads.js'
import { RouteAccess } from './route-access.js'

@Global()
@Module({ imports: [DiscoveryModule], providers: [RouteAccess, Downloads], exports: [Downloads] })
export class HttpModule {}
