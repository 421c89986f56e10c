import { createHash } from 'node:crypto'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { parseOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'

/**
 * Reads all that a stored layer or blob stands for and checks it against the digest in its name.
 *
 * @throws OciError ERR_OCI_DIFF_ID_MISMATCH; what reading stream and objects throws
 */
export async function verifyStoredContent(
  repository: Repository,
  layer: { readonly id: string; readonly stream: Digest },
  signal?: AbortSignal,
): Promise<void> {
  const { algorithm, encoded } = parseOciDigest(layer.id)
  const hash = createHash(algorithm)
  for await (const chunk of repository.streams.cat(layer.stream)) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  const actual = hash.digest('hex')
  if (actual === encoded) return
  throw new OciError(
    'ERR_OCI_DIFF_ID_MISMATCH',
    `the stored layer ${layer.id} holds ${algorithm}:${actual}`,
    { diffId: layer.id, expected: layer.id, actual: `${algorithm}:${actual}` },
  )
}
