import { Module } from '@nestjs/common'
import { Editors } from './editors.js'

@Module({ providers: [Editors], exports: [Editors] })
export class DiscoveryModule {}
