import { createHash } from 'node:crypto'
import type { Digest } from '@composefs/fsverity'
import type { PutResult, Repository } from '@composefs/repository'
import type { Descriptor } from '../document/descriptor.ts'
import { parseOciDigest } from '../document/oci-digest.ts'
import { sizeMismatch } from '../document/read-document.ts'
import { OciError } from '../errors.ts'
import { writeBlobStream } from '../store/blob-stream.ts'

/** A blob that is stored as one object and a stream, still without a name. */
export interface ImportedBlob {
  readonly stream: Digest
  readonly object: PutResult
}

/**
 * Stores the layer of an artifact as it is: one object, whatever its size.
 *
 * @throws OciError ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIGEST_MISMATCH
 */
export async function importBlob(
  blob: AsyncIterable<Uint8Array>,
  options: {
    readonly repository: Repository
    readonly descriptor: Descriptor
    onProgress?(bytes: number): void
    readonly signal?: AbortSignal
  },
): Promise<ImportedBlob> {
  const object = await storeBlob(blob, options)
  const { digest, size } = object
  const stream = await writeBlobStream(options.repository, { object: digest, size })
  return { stream, object }
}

async function storeBlob(
  blob: AsyncIterable<Uint8Array>,
  options: Parameters<typeof importBlob>[1],
): Promise<PutResult> {
  const { repository, descriptor, signal, onProgress } = options
  const { algorithm, encoded } = parseOciDigest(descriptor.digest)
  const hash = createHash(algorithm)
  const writer = repository.objects.create()
  let size = 0
  try {
    for await (const chunk of blob) {
      signal?.throwIfAborted()
      size += chunk.length
      if (size > descriptor.size) break
      hash.update(chunk)
      writer.write(chunk)
      onProgress?.(size)
    }
    if (size !== descriptor.size) throw sizeMismatch(descriptor, 'blob', size)
    const actual = hash.digest('hex')
    if (actual !== encoded) {
      throw new OciError(
        'ERR_OCI_DIGEST_MISMATCH',
        `blob ${descriptor.digest} has the digest ${algorithm}:${actual}`,
        {
          digest: descriptor.digest,
          expected: descriptor.digest,
          actual: `${algorithm}:${actual}`,
        },
      )
    }
    return writer.finish()
  } finally {
    writer.abort()
  }
}
