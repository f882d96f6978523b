import { InvalidName } from '../storage-errors.js'

/** Longest name without its extension; told to editors as FileNameMaxLength. */
export const MAX_STEM_LENGTH = 200
const MAX_EXTENSION_LENGTH = 20

// What Windows, SharePoint and sync clients refuse as well, so that a document can always leave again.
const FORBIDDEN = /[<>:"/\\|?*]/u
// Controls, lone surrogates, private use, and invisible or direction-turning marks ("exe.docx" spelt backwards).
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u
// The joiner inside emoji and in several scripts is no trick.
const ZERO_WIDTH_JOINER = /\u200d/gu
const BLANK_OR_DOT = /[\s.]/u
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i

/**
 * Checks that `name` can be one path segment on every system, and brings it to Unicode form C.
 * @throws InvalidName with the reason
 */
export function checkName(name: string): string {
  const normal = name.normalize('NFC')
  const visible = normal.replace(ZERO_WIDTH_JOINER, '')
  const { stem, extension } = splitName(normal)
  if (visible.trim() === '') throw new InvalidName('the name is empty')
  if (FORBIDDEN.test(visible)) throw new InvalidName('the name has one of the characters < > : " / \\ | ? *')
  if (INVISIBLE.test(visible)) throw new InvalidName('the name has a control or invisible character')
  if (/^[\s.]|[\s.]$/u.test(visible)) throw new InvalidName('the name begins or ends with a blank or a dot')
  if (RESERVED.test(visible.split('.', 1)[0] ?? '')) throw new InvalidName('the name is reserved by Windows')
  if (stem.length > MAX_STEM_LENGTH || extension.length > MAX_EXTENSION_LENGTH) {
    throw new InvalidName(`the name is longer than ${MAX_STEM_LENGTH} characters`)
  }
  return normal
}

/**
 * The nearest name that passes `checkName`: for suggestions, which must never be refused (WOPI.md §8.1).
 * @returns undefined when nothing of the name can be used
 */
export function sanitizeName(name: string): string | undefined {
  const segment = name
    .normalize('NFC')
    .split(/[/\\]/)
    .findLast((part) => !/^[\s.]*$/u.test(part))
    ?.replace(new RegExp(FORBIDDEN, 'gu'), '_')
    .replace(ZERO_WIDTH_JOINER, '')
    .replace(new RegExp(INVISIBLE, 'gu'), '')
    // What was apart before may form one character now.
    .normalize('NFC')
  let rest = trimmed(segment ?? '')
  if (rest === '') return undefined
  while (splitName(rest).extension.length > MAX_EXTENSION_LENGTH) rest = trimmed(splitName(rest).stem)
  const { stem, extension } = splitName(rest)
  const whole = trimmed(cut(stem, MAX_STEM_LENGTH - 1))
  return (RESERVED.test(whole.split('.', 1)[0] ?? '') ? `_${whole}` : whole) + extension
}

// No /[\s.]+$/: that takes time in the square of a run of blanks within the text (RELIABILITY-SECURITY.md D-10).
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (end > 0 && BLANK_OR_DOT.test(text.charAt(end - 1))) end--
  while (start < end && BLANK_OR_DOT.test(text.charAt(start))) start++
  return text.slice(start, end)
}

/** `name` with a number before its extension, for when it is taken: "Plan.docx" → "Plan (2).docx". */
export function numberedName(name: string, number: number): string {
  const { stem, extension } = splitName(name)
  const suffix = ` (${number})`
  return cut(stem, MAX_STEM_LENGTH - suffix.length) + suffix + extension
}

/** The same for a container, whose name has no extension: "v1.2" → "v1.2 (2)". */
export function numberedContainerName(name: string, number: number): string {
  const suffix = ` (${number})`
  return cut(name, MAX_STEM_LENGTH - suffix.length) + suffix
}

/** `sanitizeName` for a name without an extension: "v1.2" has none to lose. */
export function sanitizeStem(name: string): string | undefined {
  const stem = sanitizeName(`${name}.x`)?.slice(0, -2)
  return stem === '' ? undefined : stem
}

/**
 * Two names with the same key are the same name: differing only in case, Unicode form or a mark that nobody sees would
 * fool people.
 */
export function nameKey(name: string): string {
  return name.replace(ZERO_WIDTH_JOINER, '').normalize('NFKC').toLowerCase()
}

/** `extension` has its dot, or is ''. */
export function splitName(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? { stem: name, extension: '' } : { stem: name.slice(0, dot), extension: name.slice(dot) }
}

// Never through the middle of a surrogate pair.
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
