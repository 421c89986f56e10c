import { createHash } from 'node:crypto'
import type { Descriptor } from '../document/descriptor.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { sizeMismatch } from '../document/read-document.ts'
import { OciError } from '../errors.ts'

/** What bytes must turn out to be. */
export type ExpectedBytes = Pick<Descriptor, 'digest' | 'size'>

/**
 * The same bytes, hashed on their way. The last chunk is held back until all is known to be right, so nobody ever has
 * the whole of something wrong.
 *
 * @param what for messages: `blob`
 * @throws OciError ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_UNSUPPORTED_DIGEST for anything but sha256 and
 * sha512
 */
export async function* verifiedBytes(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: ExpectedBytes,
  what = 'blob',
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = expected
  const { algorithm } = requireOciDigest(digest, what, ['sha256', 'sha512'])
  const hash = createHash(algorithm)
  let count = 0
  let last: Uint8Array | undefined
  for await (const chunk of chunks) {
    count += chunk.length
    if (count > size) throw mismatch(expected, what, count)
    hash.update(chunk)
    if (last !== undefined) yield last
    last = chunk
  }
  if (count < size) throw mismatch(expected, what, count)
  const actual = `${algorithm}:${hash.digest('hex')}`
  if (actual !== digest) {
    throw new OciError('ERR_OCI_DIGEST_MISMATCH', `${what} ${digest} has the digest ${actual}`, {
      digest,
      expected: digest,
      actual,
    })
  }
  if (last !== undefined) yield last
}

function mismatch({ digest, size }: ExpectedBytes, what: string, actual: number): OciError {
  return sizeMismatch(
    { mediaType: '', digest, size, urls: [], annotations: new Map() },
    what,
    actual,
  )
}
