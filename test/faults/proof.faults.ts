import type { Fault } from './fault.js'

export const PROOF_FAULTS: readonly Fault[] = [
  {
    id: 'proof-good-for-a-day',
    what: 'a captured call can be replayed for a day',
    file: 'src/wopi/guards/proof.ts',
    find: 'OLDEST_MS = 20 * 60_000',
    replace: 'OLDEST_MS = 24 * 3_600_000',
    caughtBy: ['test/discovery/proof.test.ts'],
  },
  {
    id: 'proof-of-tomorrow',
    what: 'a call that is dated into the future can be replayed until then',
    file: 'src/wopi/guards/proof.ts',
    find: 'FURTHEST_AHEAD_MS = 5 * 60_000',
    replace: 'FURTHEST_AHEAD_MS = 24 * 3_600_000',
    caughtBy: ['test/discovery/proof-blob.test.ts', 'test/discovery/proof.test.ts'],
  },
  {
    id: 'old-proof-with-the-old-key',
    what: 'a key that an editor has withdrawn goes on letting calls in',
    file: 'src/wopi/guards/proof.ts',
    find: 'return isSigned(blobs, current, proofOld)',
    replace: 'return isSigned(blobs, current, proofOld) || isSigned(blobs, old, proofOld)',
    caughtBy: ['test/discovery/proof.test.ts'],
  },
  {
    id: 'one-excused-excuses-all',
    what: 'as soon as one editor needs no proof, a stolen token of any other needs none either',
    file: 'src/wopi/guards/proof-check.ts',
    find: `!this.excused.has(claimedEditor(token) ?? '')`,
    replace: `claimedEditor(token) === undefined`,
    caughtBy: ['test/discovery/proof-modes.test.ts'],
  },
  {
    id: 'new-keys-not-asked-for',
    what: 'an editor that changes both its keys is kept out until its document is read again',
    file: 'src/wopi/guards/proof-check.ts',
    find: '?? (await this.findAnew(proof, blobs))',
    replace: '',
    caughtBy: ['test/discovery/proof-rotation.test.ts'],
  },
  {
    id: 'address-from-a-header',
    what: 'the signature covers whatever host the caller claims: a proof for another installation is good here',
    file: 'src/wopi/guards/proof-check.ts',
    find: 'return this.bases.flatMap(',
    replace: `return [...this.bases, 'http://' + String(request.headers.host), 'https://' + String(request.headers['x-forwarded-host'])].flatMap(`,
    caughtBy: ['test/discovery/proof.test.ts'],
  },
]
