import { lstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { layerEntries } from '../layer-entries.ts'
import type { TarEntry } from '../tar/entry.ts'

/**
 * Opens a layer that a repository has and gives its entries, the sizes of its objects compared with the tar headers. A
 * missing object is no error.
 *
 * @param place number of the layer in its image, the lowest being 1, and its diff ID: for errors
 * @throws OciError what layerEntries throws; what opening the stream throws
 */
export async function openEntries(
  repository: Repository,
  stream: Digest,
  place: { readonly layer?: number; readonly diffId: string },
): Promise<AsyncGenerator<TarEntry, void, undefined>> {
  const reader = await repository.streams.open(stream, { contentType: CONTENT_TYPES.layer })
  return layerEntries(reader, {
    ...place,
    objectSize: digest => sizeOfObject(repository, digest),
  })
}

/** Bytes of an object; undefined when it is missing. Its content is not looked at. */
function sizeOfObject(repository: Repository, digest: Digest): number | undefined {
  return lstatSync(repository.layout.object(digest), { throwIfNoEntry: false })?.size
}
