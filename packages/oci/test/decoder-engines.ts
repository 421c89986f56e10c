import { nodeHashing } from '@composefs/fsverity/node'
import { createEngine } from '@composefs/linux/engine'
import type { DecoderEngine } from '@composefs/repository'

/** Who can decompress layers: each has to give the same bytes, or the same error. */
export const decoderEngines: readonly (readonly [string, DecoderEngine])[] = [
  ['native', createEngine({ fallback: nodeHashing, choice: 'native' }).decoders],
  ['node', createEngine({ fallback: nodeHashing, choice: 'node' }).decoders],
]
