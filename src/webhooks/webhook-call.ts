import { createHmac } from 'node:crypto'
import { request } from 'undici'
import type { WebhookJob } from './webhook-jobs.js'

const MAX_MS = 10_000
const MAX_ANSWER_BYTES = 16 * 1024

/** `t=<epoch seconds>,v1=<HMAC-SHA256 of "t.body", hex>`: the time is signed, so that old deliveries cannot be replayed. */
export function signature(secret: Buffer, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

/**
 * One try. Redirects are not followed: whoever answers one could lead us to any address inside the network
 * (RELIABILITY-SECURITY.md S-02).
 * @throws Error when the receiver did not take it, with a reason that names no address
 */
export async function callReceiver(url: string, secret: Buffer, job: WebhookJob): Promise<void> {
  const signal = AbortSignal.timeout(MAX_MS)
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Tandem',
      'Tandem-Event': job.kind,
      'Tandem-Delivery': job.delivery,
      'Tandem-Signature': signature(secret, job.body, Math.floor(Date.now() / 1000)),
    },
    body: job.body,
    signal,
  })
  const accepted = statusCode >= 200 && statusCode < 300
  // Taken is taken: an answer that is too long or never ends changes nothing about it.
  await body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => undefined)
  if (!accepted) throw new Error(`answered ${statusCode}`)
}
