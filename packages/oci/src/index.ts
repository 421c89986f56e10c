export { type DecompressOptions, decompress } from './decompress/decompress.ts'
export type { Compression } from './decompress/detect.ts'
export { isOciError, OciError, type OciErrorCode, type OciErrorFacts } from './errors.ts'
export {
  type ExpectedLayer,
  type ImportedLayer,
  type ImportLayerOptions,
  importLayer,
  type LayerRepository,
} from './import-layer.ts'
export { formatLayerEntry } from './layer-dump.ts'
export { type LayerEntriesOptions, layerEntries } from './layer-entries.ts'
export { type LayerInfo, layerInfo } from './layer-info.ts'
export {
  LayerMerger,
  type LayerMergerOptions,
  type MergedLayer,
  type MergeWarning,
} from './merge.ts'
export type { TarEntry, TarEntryContent, TarEntryKind } from './tar/entry.ts'
export { type TransformOptions, transformTree } from './transform.ts'
