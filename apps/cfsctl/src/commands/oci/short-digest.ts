/** Digits of a digest in tables and messages. */
const LENGTH = 12

/** The first digits of a digest, without its algorithm. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, LENGTH)
}
