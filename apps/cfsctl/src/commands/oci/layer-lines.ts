import { concatBytes } from '@composefs/bytes'
import { formatLayerEntry, layerEntries } from '@composefs/oci'
import { CONTENT_TYPES } from '@composefs/splitstream'
import type { Context } from '../../context.ts'
import { openChosen } from '../../repository/open.ts'
import { findLayer } from './find-layer.ts'

/** Lines are handed out in pieces of about this many bytes. */
const PIECE = 64 * 1024

/** The entries of a stored layer as lines of a dump file, in tar order. */
export async function* layerLines(layer: string, context: Context): AsyncGenerator<Uint8Array> {
  await using repository = await openChosen(context)
  const { diffId, stream } = findLayer(repository, layer)
  const reader = await repository.streams.open(stream, { contentType: CONTENT_TYPES.layer })
  let lines: Uint8Array[] = []
  let size = 0
  try {
    for await (const entry of layerEntries(reader, {
      objectSize: id => repository.objects.sizeOf(id),
      diffId,
    })) {
      const line = formatLayerEntry(entry)
      lines.push(line)
      size += line.length
      if (size < PIECE) continue
      context.signal.throwIfAborted()
      yield concatBytes(lines)
      lines = []
      size = 0
    }
  } catch (error) {
    // What stands before the error is worth seeing.
    yield concatBytes(lines)
    throw error
  }
  yield concatBytes(lines)
}
