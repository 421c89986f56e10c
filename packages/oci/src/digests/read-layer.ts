import type { Hashing } from '@composefs/fsverity'
import type { DecoderEngine } from '@composefs/repository'
import { isOciError } from '../errors.ts'
import type { ImageSource } from '../source/image-source.ts'
import { expectedLayer, inPlannedLayer, type PlannedLayer } from '../source/plan.ts'
import type { LayerSink } from '../tar/splitter.ts'
import type { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { heedSignal } from '../transfer/heed-signal.ts'
import { splitLayer } from './split-layer.ts'

/** Where layers come from, and what reading them takes. */
export interface LayerReading {
  readonly source: ImageSource
  readonly hashing: Hashing
  readonly decoders: DecoderEngine | undefined
  readonly signal: AbortSignal
  readonly turns: EventLoopTurns
}

/**
 * Reads one layer of a source into a sink, and checks it as a pull does.
 *
 * @throws OciError with the layer; what sink and source throw; the reason of the signal
 */
export async function readLayer(
  layer: PlannedLayer,
  reading: LayerReading,
  options: { readonly sink: LayerSink; onProgress?(bytes: number): void },
): Promise<void> {
  const { source, hashing, decoders, signal } = reading
  const { descriptor } = layer
  try {
    await splitLayer(heedSignal(source.blob(descriptor, { signal }), reading), {
      ...options,
      hashing,
      decoders,
      expected: expectedLayer(layer, source),
      mediaTypeHint: descriptor.mediaType,
      signal,
    })
  } catch (error) {
    throw isOciError(error) ? inPlannedLayer(error, layer) : error
  }
}
