export { type ByteRange, type ByteSource, memorySource } from './byte-source.ts'
export type { ZstdCodec, ZstdCompressor } from './codec.ts'
export { DigestList } from './digest-list.ts'
export {
  isSplitstreamError,
  SplitstreamError,
  type SplitstreamErrorCode,
  type SplitstreamErrorFacts,
} from './errors.ts'
export { CONTENT_TYPES } from './format.ts'
export { type OpenSplitstreamOptions, openSplitstream } from './open.ts'
export { type ChunksOptions, type SplitstreamChunk, SplitstreamReader } from './reader.ts'
export {
  COMPRESSED_SIZE_MAX,
  INLINE_CHUNK_TARGET,
  SplitstreamWriter,
  type SplitstreamWriterOptions,
} from './writer.ts'
export { WINDOW_MAX as ZSTD_WINDOW_MAX } from './zstd.ts'
export { type ZstdFrame, zstdFrames } from './zstd-frame.ts'
