import { Module } from '@nestjs/common'
import { Editors } from './editors.js'
import { ProofTally } from './proof-tally.js'

@Module({ providers: [Editors, ProofTally], exports: [Editors, ProofTally] })
export class DiscoveryModule {}
