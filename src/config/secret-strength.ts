/** What to type for a secret that cannot be guessed; said wherever one is refused. */
export const GOOD_SECRET = '32 random bytes or more, such as the output of: openssl rand -hex 32'

/**
 * The one rule for every secret, whether a variable or a file holds it. ONLYOFFICE shipped a default signing key and
 * everybody could sign (CVE-2021-43445): a guessable secret stops the start.
 */
export function isGuessable(secret: Buffer): boolean {
  return secret.length < 32 || new Set(secret).size < 8
}
