import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { Refusal } from './refusal.js'

/** @throws Refusal 413 when it is longer, before the rest is read */
async function readBody(request: IncomingMessage, most: number): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > most) throw new Refusal(413, `No more than ${most} bytes are taken here.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

export async function readForm(request: IncomingMessage, most: number): Promise<URLSearchParams> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(type))
    throw new Refusal(415, 'The host page must post a form.')
  return new URLSearchParams(await readBody(request, most))
}

export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>, most: number): Promise<T> {
  const body = await readBody(request, most)
  try {
    return schema.parse(JSON.parse(body))
  } catch {
    throw new Refusal(400, 'That is not what is expected here.')
  }
}
