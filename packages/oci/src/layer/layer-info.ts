import type { Digest } from '@composefs/fsverity'
import type { SplitstreamReader } from '@composefs/splitstream'
import { OciError } from '../errors.ts'
import { type LayerEntriesOptions, layerEntries } from './layer-entries.ts'

/** What is known of a stored layer: the document of `oci layer --json`, keys in its order. */
export interface LayerInfo {
  readonly diffId: string
  /** Hex id of the splitstream. */
  readonly verity: string
  /** Bytes of the tar. */
  readonly size: number
  readonly entryCount: number
  readonly splitstream: {
    /** Distinct objects. */
    readonly externalObjects: number
    /** Bytes of all contents that are objects, those of equal files each time. */
    readonly externalSize: number
    /** All other bytes. */
    readonly inlineSize: number
  }
}

/**
 * Reads a stored layer through and counts.
 *
 * @throws OciError what {@link layerEntries} throws, ERR_OCI_LAYER_STREAM also for a size below that of the objects
 * @throws SplitstreamError
 */
export async function layerInfo(
  stream: SplitstreamReader,
  layer: { readonly diffId: string; readonly verity: Digest },
  options: LayerEntriesOptions = {},
): Promise<LayerInfo> {
  const objects = new Set<string>()
  let entryCount = 0
  let externalSize = 0
  for await (const entry of layerEntries(stream, options)) {
    entryCount += 1
    if (entry.content?.kind !== 'external') continue
    objects.add(entry.content.digest.hex)
    externalSize += entry.size
  }
  const { size } = stream
  if (externalSize > size) {
    const message = `a stored layer of ${size} bytes with ${externalSize} bytes in objects`
    const facts = { diffId: layer.diffId, expected: size, actual: externalSize }
    throw new OciError('ERR_OCI_LAYER_STREAM', message, facts)
  }
  return {
    diffId: layer.diffId,
    verity: layer.verity.hex,
    size,
    entryCount,
    splitstream: {
      externalObjects: objects.size,
      externalSize,
      inlineSize: size - externalSize,
    },
  }
}
