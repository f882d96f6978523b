import { Module } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'
import { RouteAccess } from './route-access.js'

@Module({ imports: [DiscoveryModule], providers: [RouteAccess] })
export class HttpModule {}
