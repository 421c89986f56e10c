import { createHash } from 'node:crypto'
import { OciError } from '../errors.ts'

/** Hex digits of the digests whose form the OCI image spec fixes. */
const HEX_DIGITS = { sha256: 64, sha384: 96, sha512: 128 } as const

/** Algorithms of content digests with a fixed form. */
export type OciDigestAlgorithm = keyof typeof HEX_DIGITS

/** A content digest `algorithm:encoded`, its form checked. */
export interface OciDigest {
  readonly algorithm: string
  /** Of sha256, sha384 and sha512: lower-case hex of the right length, so it is safe as a file name. */
  readonly encoded: string
}

const GRAMMAR = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/
const LOWER_HEX = /^[0-9a-f]+$/

/**
 * Reads a content digest as the OCI image spec writes it (descriptor.md, "Digests"). Unknown algorithms parse.
 *
 * @throws OciError ERR_OCI_BAD_DIGEST
 */
export function parseOciDigest(text: string): OciDigest {
  const match = GRAMMAR.exec(text)
  const algorithm = match?.[1]
  const encoded = match?.[2]
  if (algorithm === undefined || encoded === undefined) throw badDigest(text)
  if (isKnown(algorithm)) {
    if (encoded.length !== HEX_DIGITS[algorithm] || !LOWER_HEX.test(encoded)) throw badDigest(text)
  }
  return { algorithm, encoded }
}

/**
 * A digest of one of the `allowed` algorithms, by default sha256 alone: what this package can verify.
 *
 * @throws OciError ERR_OCI_BAD_DIGEST, ERR_OCI_UNSUPPORTED_DIGEST
 */
export function requireOciDigest(
  text: string,
  what: string,
  allowed: readonly OciDigestAlgorithm[] = ['sha256'],
): OciDigest {
  const digest = parseOciDigest(text)
  if (!allowed.some(algorithm => algorithm === digest.algorithm)) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_DIGEST',
      `${what} has a ${digest.algorithm} digest, only ${allowed.join(' and ')} can be verified`,
      { digest: text, expected: allowed, actual: digest.algorithm },
    )
  }
  return digest
}

/**
 * Checks bytes against a SHA-256 digest.
 *
 * @throws OciError ERR_OCI_DIGEST_MISMATCH
 */
export function assertDigest(bytes: Uint8Array, digest: string, what: string): void {
  const actual = sha256Digest(bytes)
  if (actual === digest) return
  throw new OciError('ERR_OCI_DIGEST_MISMATCH', `${what} ${digest} has the digest ${actual}`, {
    digest,
    expected: digest,
    actual,
  })
}

/** `sha256:HEX` of bytes. */
export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function isKnown(algorithm: string): algorithm is OciDigestAlgorithm {
  return Object.hasOwn(HEX_DIGITS, algorithm)
}

function badDigest(text: string): OciError {
  // The text comes from a hostile document: shown short, and never as a path.
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
  return new OciError('ERR_OCI_BAD_DIGEST', `not a digest: ${shown}`, { digest: text })
}
