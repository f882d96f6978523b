import type { IncomingMessage } from 'node:http'
import { bodyOf } from '../../http/request-body.js'
import { WopiError } from './wopi-error.js'

const MAX_BYTES = 64 * 1024

/** A body that is read whole: what people do, not what is in their documents. @throws WopiError */
export async function smallBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of bodyOf(request)) {
    size += chunk.length
    if (size > MAX_BYTES) throw new WopiError('body-too-large', `the body is longer than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** @throws WopiError */
export async function smallJsonBody(request: IncomingMessage): Promise<unknown> {
  return jsonOf(await smallBody(request))
}

/** @throws WopiError */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new WopiError('body-invalid', 'the body is not JSON')
  }
}
