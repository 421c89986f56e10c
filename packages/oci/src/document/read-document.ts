import { concatBytes } from '@composefs/bytes'
import { OciError } from '../errors.ts'
import type { Descriptor } from './descriptor.ts'
import { JSON_SIZE_MAX } from './json.ts'
import { assertDigest, requireOciDigest } from './oci-digest.ts'

/**
 * Reads a whole manifest, index or config and checks its size and digest.
 *
 * @throws OciError ERR_OCI_UNSUPPORTED_DIGEST for anything but SHA-256, ERR_OCI_BAD_JSON for more than JSON_SIZE_MAX
 * bytes, ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIGEST_MISMATCH, and what the blob throws
 */
export async function readDocument(
  descriptor: Descriptor,
  what: string,
  blob: (descriptor: Descriptor) => AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const { digest, size } = descriptor
  requireOciDigest(digest, what)
  if (size > JSON_SIZE_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_JSON',
      `${what} of ${size} bytes: at most ${JSON_SIZE_MAX} are read`,
      { digest, expected: JSON_SIZE_MAX, actual: size },
    )
  }
  const bytes = await readAll(blob(descriptor), size)
  if (bytes.length !== size) throw sizeMismatch(descriptor, what, bytes.length)
  assertDigest(bytes, digest, what)
  return bytes
}

/** All chunks in one piece; stops reading where there are more than `limit` bytes. */
export async function readAll(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    size += chunk.length
    if (size > limit) break
  }
  return concatBytes(parts)
}

/** The error for a blob that is longer or shorter than its descriptor says. */
export function sizeMismatch(descriptor: Descriptor, what: string, actual: number): OciError {
  const { digest, size } = descriptor
  return new OciError(
    'ERR_OCI_SIZE_MISMATCH',
    `${what} ${digest} has ${actual} bytes, its descriptor says ${size}`,
    { digest, expected: size, actual },
  )
}
