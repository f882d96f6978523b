import { Injectable } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '../../database/database.js'
import { EventLog } from '../../events/event-log.js'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { USER_ID } from '../../auth/api-user.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { smallJsonBody } from '../protocol/small-body.js'
import { WopiAccess } from '../guards/wopi-access.js'
import { WopiError } from '../protocol/wopi-error.js'

/** What is unknown is tolerated at any level, and dates are not looked at (WOPI.md §8.6). */
const activity = z.object({
  Type: z.string(),
  Id: z.string().max(128),
  Data: z.unknown().optional(),
  People: z.unknown().optional(),
})
const activities = z.object({ Activities: z.array(activity).max(1000) })
const comment = z.object({
  ContentAction: z.enum(['created', 'updated', 'deleted']),
  IsReply: z.boolean().optional(),
})
const people = z.array(z.object({ Id: z.string(), Mentioned: z.boolean().optional() }))

type Activity = z.infer<typeof activity>

const ACCEPTED = 0
const NOT_SUPPORTED = 3

/** WOPI.md §8.6: what people do in a document. Comments become events; their text stays in the document. */
@Injectable()
export class AddActivities implements Operation {
  readonly name = 'AddActivities'
  readonly needs = 'edit'

  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly rights: WopiAccess,
  ) {}

  async answer(request: WopiRequest): Promise<Answer> {
    const { file, user } = request.access
    const told = activitiesIn(await smallJsonBody(request)).map((one) => ({
      id: one.Id,
      detail: one.Type === 'comment' ? commentIn(one) : undefined,
    }))
    const events = told.flatMap(({ detail }) =>
      detail ? [{ kind: 'comment' as const, fileId: file.id, userId: user.id, detail }] : [],
    )
    await this.database.transaction(async (tx) => {
      await this.events.append(tx, events)
      // Behind the turn of the log, which it may have waited for.
      await this.rights.requireStill(tx, request, 'edit')
    })
    return jsonAnswer(200, {
      ActivityResponses: told.map(({ id, detail }) => ({
        Id: id,
        Status: detail ? ACCEPTED : NOT_SUPPORTED,
      })),
    })
  }
}

function activitiesIn(value: unknown): Activity[] {
  const parsed = activities.safeParse(value)
  if (!parsed.success) throw new WopiError('body-invalid', 'the body has no list of activities')
  return parsed.data.Activities
}

function commentIn({ Data, People }: Activity): Readonly<Record<string, unknown>> | undefined {
  const parsed = comment.safeParse(Data)
  if (!parsed.success) return undefined
  const { ContentAction: action, IsReply: isReply = false } = parsed.data
  // People of other providers are known to nobody here.
  const mentioned = (people.safeParse(People).data ?? []).filter(
    ({ Id, Mentioned }) => Mentioned === true && USER_ID.test(Id),
  )
  return { action, isReply, mentioned: mentioned.map(({ Id }) => Id) }
}
