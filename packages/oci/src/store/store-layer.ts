import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { type ImportedLayer, importLayer } from '../layer/import-layer.ts'
import { formatLayerEntry } from '../layer/layer-dump.ts'
import { openEntries } from './open-entries.ts'
import { layerStreamId } from './stream-names.ts'

/** How to store a single layer. */
export interface StoreLayerOptions {
  /** `sha256:HEX` of the uncompressed tar. */
  readonly diffId: string
  /** A name below `streams/refs` that keeps the layer. */
  readonly name?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Stores a layer and names it. A layer that is there already is not read again, only named.
 *
 * @param tar the layer, packed or not
 * @returns the object of its stream, and what the import counted if there was one
 * @throws OciError what importLayer throws
 */
export async function storeLayer(
  repository: Repository,
  tar: AsyncIterable<Uint8Array>,
  options: StoreLayerOptions,
): Promise<{ readonly stream: Digest; readonly imported: ImportedLayer | undefined }> {
  const { diffId, name, signal } = options
  requireOciDigest(diffId, 'a layer')
  repository.assertWritable()
  const id = layerStreamId(diffId)
  let stream = repository.streams.lookup(id)
  let imported: ImportedLayer | undefined
  if (stream === undefined) {
    const expected = { diffId }
    const abort = signal === undefined ? {} : { signal }
    imported = await importLayer(tar, { repository, expected, ...abort })
    stream = imported.stream
  }
  const names: PublishedName[] = [{ kind: 'stream', id, digest: stream }]
  if (name !== undefined) names.push({ kind: 'stream-ref', name, id })
  publish(repository, names)
  return { stream, imported }
}

/**
 * Yields the entries of a stored layer as dump lines in tar order, each with its newline.
 *
 * @throws OciError ERR_OCI_NO_SUCH_LAYER, what layerEntries throws
 */
export async function* listLayer(
  repository: Repository,
  diffId: string,
): AsyncGenerator<Uint8Array> {
  const stream = repository.streams.lookup(layerStreamId(diffId))
  if (stream === undefined) {
    throw new OciError('ERR_OCI_NO_SUCH_LAYER', `Layer ${diffId} not found`, { diffId })
  }
  for await (const entry of await openEntries(repository, stream, { diffId })) {
    yield formatLayerEntry(entry)
  }
}
