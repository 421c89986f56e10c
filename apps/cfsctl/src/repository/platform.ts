import type { Hashing } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import type { DecoderEngine, System } from '@composefs/repository'
import { engine } from './engine.ts'

/** Who hashes. */
export const hashing: Hashing = engine.hashing

/** Who decompresses layers. */
export const decoders: DecoderEngine = engine.decoders

/** Who asks the kernel. */
export const system: System = linuxSystem
