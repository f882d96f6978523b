import type { Application } from '../application.js'
import type { Clock } from '../clock.js'
import type { GroundTruth } from '../ground-truth.js'
import type { Random } from '../random.js'
import type { NativeClient } from './native-client.js'
import type { NativeHappening } from './native-event.js'

/** What all who edit one document have in common. */
export interface NativeContext {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly wopi: NativeClient
  readonly truth: Pick<GroundTruth, 'type' | 'acknowledge'>
  readonly report: (who: string, what: NativeHappening) => void
}
