import { Global, Module } from '@nestjs/common'
import { Caution } from './caution.js'
import { Housekeeper } from './housekeeper.js'
import { Pair } from './pair.js'

/** Which database and which blobs belong together, and what may be deleted for good by itself. */
@Global()
@Module({ providers: [Pair, Caution, Housekeeper], exports: [Pair, Caution, Housekeeper] })
export class InstallationModule {}
