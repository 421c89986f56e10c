import { createHash } from 'node:crypto'
import { FailedTry } from '../http/failed-try.ts'

const OCI_DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]{1,256}$/
const VERIFIABLE = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** @throws TypeError for what must not become part of a path */
export function assertDigest(digest: string): void {
  if (!OCI_DIGEST.test(digest)) throw new TypeError(`${JSON.stringify(digest)} is no digest`)
}

/** @throws TypeError for what is no tag and no digest that can be verified */
export function assertTagOrDigest(text: string): void {
  if (!TAG.test(text) && !VERIFIABLE.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} is no tag, and no sha256 or sha512 digest`)
  }
}

export function isDigest(tagOrDigest: string): boolean {
  return tagOrDigest.includes(':')
}

/** The digest of bytes, with the algorithm of another digest; sha256 where there is none, or one that we lack. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/**
 * @throws FailedTry ERR_REGISTRY_DIGEST_MISMATCH, worth another try: a node of a cache may keep other bytes than the next
 */
export function verifyDigest(bytes: Uint8Array, expected: string): void {
  const actual = digestOf(bytes, expected)
  if (actual === expected) return
  throw new FailedTry('ERR_REGISTRY_DIGEST_MISMATCH', `the bytes that came have ${actual}`, {
    isRetryable: true,
    facts: { digest: expected, expected, actual },
  })
}

export function isVerifiable(digest: string): boolean {
  return VERIFIABLE.test(digest)
}
