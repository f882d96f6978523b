import { expect } from 'vitest'
import type { WopiAnswer } from '../kit/wopi.js'

/** 200, zero bytes, the version, and no X-WOPI-Lock. */
export function expectGranted(answer: WopiAnswer, version = '1'): void {
  expect(answer).toMatchObject({ status: 200, version })
  expect(answer.lock).toBeUndefined()
  expectEmpty(answer)
}

/** 409 that names the current lock; '' when there is none. */
export function expectConflict(answer: WopiAnswer, current: string): void {
  expect({ status: answer.status, lock: answer.lock }).toEqual({ status: 409, lock: current })
  expect(answer.headers['x-wopi-lockfailurereason']).toMatch(/^The file is /)
  expectEmpty(answer)
}

export function expectEmpty(answer: WopiAnswer): void {
  expect(answer.body).toHaveLength(0)
  expect(answer.headers['content-length']).toBe('0')
}
