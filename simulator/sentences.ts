import type { Random } from './random.js'

// Text that breaks an editor or a host which escapes, encodes or counts carelessly.
const sentences: readonly [string, ...string[]] = [
  'Revenue & costs for <Q3> are "final"',
  'Naïve café résumé – Ærøskøbing',
  'Please check 文件 and 日本 before Friday',
  'Looks good to me 👍🏽',
  "Let's move the deadline; it's too close",
  '5 < 7 && 7 > 5, says _x0041_ the formula',
  'Ολοκληρώθηκε, спасибо, شكرا',
  'One more line for the second chapter',
  '  indented, with  two  spaces  ',
  'Total = SUM(A1:A9) × 1.19 €',
]

export function sentence(random: Random): string {
  return random.pick(sentences)
}
