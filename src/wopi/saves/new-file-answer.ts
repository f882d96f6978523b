import { Answer } from '../../http/answer.js'
import type { SaveAsRefused } from '../../saving/save-as.js'
import { conflictAnswer } from '../locks/lock-answer.js'
import { encodeUtf7 } from '../protocol/utf7.js'
import { WopiError } from '../protocol/wopi-error.js'

/** What PutRelativeFile and CreateChildFile are told of a name or a lock in the way (WOPI.md §8.1, §9.4). @throws WopiError */
export function saveAsRefusedAnswer(refused: SaveAsRefused): Answer {
  switch (refused.why) {
    case 'name-taken':
      return new Answer(409, { 'X-WOPI-ValidRelativeTarget': encodeUtf7(refused.freeName) })
    case 'locked':
      return conflictAnswer(refused.lock)
    case 'may-not-overwrite':
      throw new WopiError('operation-not-offered', 'the user may not overwrite the file of that name')
    case 'no-such-file':
      throw new WopiError('no-such-file', 'the file to overwrite was deleted meanwhile')
  }
}
