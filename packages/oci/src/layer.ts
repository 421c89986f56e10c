// Layers in any runtime: what splits a tar into objects and the rest, lists it, reads a stored one and puts layers over
// each other. No import of Node below here; decompressing and hashing is the caller's.
export { isOciError, OciError, type OciErrorCode, type OciErrorFacts } from './errors.ts'
export { formatLayerEntry } from './layer/layer-dump.ts'
export { type LayerEntriesOptions, layerEntries } from './layer/layer-entries.ts'
export type { TarEntry, TarEntryContent, TarEntryKind } from './tar/entry.ts'
export { type LayerSink, LayerSplitter, type ObjectPieces } from './tar/splitter.ts'
export { type LayerPath, parseLayerPath } from './tree/layer-path.ts'
export {
  LayerMerger,
  type LayerMergerOptions,
  type MergedLayer,
  type MergeWarning,
} from './tree/merge.ts'
export { type TransformOptions, transformTree } from './tree/transform.ts'
export { DEFAULT_XATTR_MODE, type XattrMode } from './xattr-mode.ts'
