import { createHash } from 'node:crypto'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { parseOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'

/**
 * Reads all that a stored layer or blob stands for and checks it against the digest in its name.
 *
 * @param layer its id: the diff ID, or the digest of the blob
 * @throws OciError ERR_OCI_DIFF_ID_MISMATCH, whose message leaves the layer to the caller; what reading stream and objects throws
 */
export async function verifyStoredContent(
  repository: Repository,
  layer: { readonly id: string; readonly stream: Digest },
  signal?: AbortSignal,
): Promise<void> {
  const { algorithm } = parseOciDigest(layer.id)
  const hash = createHash(algorithm)
  for await (const chunk of repository.streams.cat(layer.stream)) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  const actual = `${algorithm}:${hash.digest('hex')}`
  if (actual === layer.id) return
  throw new OciError(
    'ERR_OCI_DIFF_ID_MISMATCH',
    `the stored layer gives back bytes with the digest ${actual}`,
    { diffId: layer.id, expected: layer.id, actual },
  )
}
