import { toHex } from '@composefs/bytes'
import type { Hashing, StreamHash } from '@composefs/fsverity'
import type { Compression } from '../decompress/detect.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'

/** What a layer must turn out to be. */
export interface ExpectedLayer {
  /** `sha256:HEX` of the uncompressed layer. */
  readonly diffId: string
  /** Digest of the blob, sha256 or sha512. Without it only the diff ID is checked. */
  readonly blobDigest?: string
  /** Bytes of the blob. */
  readonly blobSize?: number
}

/** The hashes of a layer and of its blob, and what they must be. */
export class LayerDigests {
  readonly layer: StreamHash
  readonly #expected: ExpectedLayer
  readonly #hashing: Hashing
  readonly #blobAlgorithm: 'sha256' | 'sha512'
  #blob: StreamHash | undefined

  /** @throws OciError ERR_OCI_BAD_DIGEST, ERR_OCI_UNSUPPORTED_DIGEST */
  constructor(expected: ExpectedLayer, hashing: Hashing) {
    const { diffId, blobDigest } = expected
    requireOciDigest(diffId, 'the layer')
    if (blobDigest !== undefined) {
      requireOciDigest(blobDigest, 'the layer blob', ['sha256', 'sha512'])
    }
    this.#expected = expected
    this.#hashing = hashing
    this.#blobAlgorithm = blobDigest?.startsWith('sha512:') ? 'sha512' : 'sha256'
    this.layer = hashing.stream('sha256')
  }

  /** The hash to feed with the blob; undefined where there is nothing to check that `layer` does not tell. */
  startBlob(compression: Compression): StreamHash | undefined {
    if (this.#expected.blobDigest === undefined) return undefined
    // A plain layer is its own blob: one hash is both.
    if (compression === 'none' && this.#blobAlgorithm === 'sha256') return undefined
    this.#blob = this.#hashing.stream(this.#blobAlgorithm)
    return this.#blob
  }

  /** @throws OciError ERR_OCI_DIGEST_MISMATCH, ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIFF_ID_MISMATCH */
  verify(blobSize: number): void {
    const { diffId, blobDigest, blobSize: expectedSize } = this.#expected
    const layer = `sha256:${toHex(this.layer.digest())}`
    if (blobDigest !== undefined) {
      const blob = this.#blob ? `${this.#blobAlgorithm}:${toHex(this.#blob.digest())}` : layer
      if (blob !== blobDigest) throw mismatch('ERR_OCI_DIGEST_MISMATCH', blobDigest, blob)
    }
    if (expectedSize !== undefined && blobSize !== expectedSize) {
      throw new OciError(
        'ERR_OCI_SIZE_MISMATCH',
        `a blob of ${blobSize} bytes, not ${expectedSize}`,
        {
          expected: expectedSize,
          actual: blobSize,
        },
      )
    }
    if (layer !== diffId) throw mismatch('ERR_OCI_DIFF_ID_MISMATCH', diffId, layer)
  }

  /** Gives up the hashes of a layer that is not good. Harmless after `verify`. */
  close(): void {
    this.layer.close?.()
    this.#blob?.close?.()
  }
}

function mismatch(
  code: 'ERR_OCI_DIGEST_MISMATCH' | 'ERR_OCI_DIFF_ID_MISMATCH',
  expected: string,
  actual: string,
): OciError {
  const what = code === 'ERR_OCI_DIFF_ID_MISMATCH' ? 'the uncompressed layer' : 'the blob'
  return new OciError(code, `${what} is ${actual}, not ${expected}`, { expected, actual })
}
