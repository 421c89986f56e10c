import type { Digest } from '@composefs/fsverity'
import { isRepositoryError, type Repository, RepositoryError } from '@composefs/repository'
import { CONTENT_TYPES, isSplitstreamError, SplitstreamError } from '@composefs/splitstream'
import { layerText } from '../errors.ts'
import { layerEntries } from '../layer/layer-entries.ts'
import type { TarEntry } from '../tar/entry.ts'

/** Number of a stored layer in its image, the lowest being 1, and its diff ID: for errors. */
interface StoredLayerPlace {
  readonly layer?: number
  readonly diffId: string
}

/** How to open a stored layer. */
interface OpenEntriesOptions extends StoredLayerPlace {
  /** This process has just stored the layer and its objects: their sizes are not looked at again. */
  readonly isFresh?: boolean
}

/**
 * Opens a layer that a repository has and gives its entries, the sizes of its objects compared with the tar headers. A
 * missing object is no error.
 *
 * @throws OciError what layerEntries throws; what opening and reading the stream throws, with the layer in its message
 */
export async function openEntries(
  repository: Repository,
  stream: Digest,
  { isFresh, ...place }: OpenEntriesOptions,
): Promise<AsyncGenerator<TarEntry, void, undefined>> {
  try {
    // What is read here becomes the id of an image, which others trust: never from a stream that was changed.
    const reader = await repository.streams.open(stream, {
      contentType: CONTENT_TYPES.layer,
      verify: true,
    })
    const objectSize = (digest: Digest) => repository.objects.sizeOf(digest)
    const check = isFresh ? {} : { objectSize }
    return located(layerEntries(reader, { ...place, ...check }), place)
  } catch (error) {
    throw inStoredLayer(error, place)
  }
}

async function* located(
  entries: AsyncGenerator<TarEntry, void, undefined>,
  place: StoredLayerPlace,
): AsyncGenerator<TarEntry, void, undefined> {
  try {
    yield* entries
  } catch (error) {
    throw inStoredLayer(error, place)
  }
}

/** The same error, its message beginning with the layer: the packages below know streams and objects alone. */
export function inStoredLayer(error: unknown, place: StoredLayerPlace): unknown {
  const where = layerText(place)
  if (isSplitstreamError(error)) {
    const { code, message, facts } = error
    return new SplitstreamError(code, `${where}: ${message}`, facts, { cause: error })
  }
  if (isRepositoryError(error)) {
    const { code, message, facts } = error
    return new RepositoryError(code, `${where}: ${message}`, facts, { cause: error })
  }
  return error
}
