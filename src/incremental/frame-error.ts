/** Everything that a sequence of frames can be refused for, and whether it is malformed or merely too much. */
export const FRAME_ERRORS = {
  'message-missing': 'malformed',
  'message-repeated': 'malformed',
  'message-empty': 'malformed',
  'message-not-json': 'malformed',
  'message-too-long': 'too-large',
  'frame-type-unknown': 'malformed',
  'frame-unexpected': 'malformed',
  'frame-header-size-wrong': 'malformed',
  'frame-payload-size-wrong': 'malformed',
  'range-flags-unknown': 'malformed',
  'chunk-repeated': 'malformed',
  'chunk-id-wrong': 'malformed',
  'chunk-too-long': 'too-large',
  'too-many-chunks': 'too-large',
  'body-too-long': 'too-large',
  'body-truncated': 'malformed',
  'end-missing': 'malformed',
} as const

export type FrameErrorCode = keyof typeof FRAME_ERRORS

/** What was received is no proper sequence of frames (WOPI.md §13.2); the message is for the operator's log. */
export class FrameError extends Error {
  constructor(
    readonly code: FrameErrorCode,
    message: string,
  ) {
    super(message)
  }

  /** `malformed` is 400 on the wire, `too-large` 413. */
  get reason(): 'malformed' | 'too-large' {
    return FRAME_ERRORS[this.code]
  }
}
