export {
  type BootTransformOptions,
  type BootTransformResult,
  bootTransform,
} from './boot/boot-transform.ts'
export { directoryPolicyFiles } from './boot/directory-policy-files.ts'
export { formatKernelArgument } from './boot/kernel-argument.ts'
export { repositoryFiles } from './boot/repository-files.ts'
export type { PolicyFiles } from './boot/selinux/policy-files.ts'
export { type BuildTreeOptions, buildTree } from './build-tree.ts'
export { type CheckOciOptions, checkOci } from './check/check-oci.ts'
export {
  formatOciFinding,
  type OciCheckReport,
  type OciFinding,
  type OciFindingKind,
  type OciImagesReport,
} from './check/finding.ts'
export type { LayerDifference, LayerRule } from './compare/compare-layers.ts'
export {
  type ExplainExample,
  type ExplainedRule,
  type ExplainPairOptions,
  type ExplainRule,
  explainPair,
  type PairExplanation,
} from './compare/explain-pair.ts'
export {
  type ComparedTree,
  type OpenOperandOptions,
  openOperand,
  type PlacedOperand,
} from './compare/open-operand.ts'
export {
  assertSameAlgorithm,
  type ComparedPair,
  type OpenPairOptions,
  openPair,
} from './compare/open-pair.ts'
export {
  findOperand,
  OPERAND_PREFIXES,
  type Operand,
  type OperandKind,
  type RepositoryOpener,
} from './compare/operand.ts'
export { operandAlgorithm } from './compare/operand-algorithm.ts'
export {
  type CopiedLayer,
  type CopyOptions,
  type CopyResult,
  copyImage,
} from './copy/copy-image.ts'
export type { ReceivedCounts } from './copy/copy-stream.ts'
export { type DecompressOptions, decompress } from './decompress/decompress.ts'
export type { Compression } from './decompress/detect.ts'
export { computeDigests } from './digests/compute-digests.ts'
export type {
  DigestsOptions,
  ImageDigests,
  ImageId,
} from './digests/digests-options.ts'
export {
  type LayerOfSource,
  type ReadEntriesOptions,
  type ReadImage,
  readEntries,
} from './digests/read-entries.ts'
export type { ReadOptions } from './disk/read-range.ts'
export { type Config, parseConfig, readSealLabel, SEAL_LABEL } from './document/config.ts'
export type { Descriptor } from './document/descriptor.ts'
export { type IndexDocument, parseIndex } from './document/index-document.ts'
export {
  type JsonArray,
  type JsonBoolean,
  type JsonMember,
  type JsonNode,
  type JsonNull,
  type JsonNumber,
  type JsonObject,
  type JsonString,
  parseJson,
} from './document/json.ts'
export { isContainerImage, type Manifest, parseManifest } from './document/manifest.ts'
export { formatPlatform, hostPlatform, type Platform, parsePlatform } from './document/platform.ts'
export { isOciError, OciError, type OciErrorCode, type OciErrorFacts } from './errors.ts'
export { exportImage } from './export/export-image.ts'
export type {
  ExportedLayer,
  ExportedLayerStatus,
  ExportOptions,
  ExportResult,
} from './export/export-options.ts'
export {
  type ExportSealedOptions,
  type ExportSealedResult,
  exportSealed,
} from './export/export-sealed.ts'
export { type ImportedLayer, importLayer } from './layer/import-layer.ts'
export type { ImportLayerOptions, LayerEntrySink, LayerRepository } from './layer/import-options.ts'
export type { ExpectedLayer } from './layer/layer-digests.ts'
export { formatLayerEntry } from './layer/layer-dump.ts'
export { type LayerEntriesOptions, layerEntries } from './layer/layer-entries.ts'
export { type LayerInfo, layerInfo } from './layer/layer-info.ts'
export type { Notice } from './notice.ts'
export { type Progress, type ProgressUnit, TOTAL_ID } from './progress.ts'
export { pull } from './pull/pull.ts'
export type {
  PulledLayer,
  PullOptions,
  PullResult,
  PullStatistics,
} from './pull/pull-options.ts'
export {
  type FileReference,
  type ImageReference,
  looksLikeImageName,
  parseImageReference,
  type RegistryImageReference,
  type SkopeoReference,
  type SkopeoTransport,
} from './reference.ts'
export { repairRepository } from './repair/repair.ts'
export type {
  RepairedDocument,
  RepairedLayer,
  RepairFailure,
  RepairOptions,
  RepairReport,
} from './repair/repair-options.ts'
export { type MountableImage, mountableImage, sealedImage } from './seal/mountable-image.ts'
export { type SealOptions, type SealResult, seal } from './seal/seal.ts'
export { type SealedConfig, sealConfig } from './seal/seal-config.ts'
export { type ArchiveOptions, openArchive } from './source/archive.ts'
export { openDockerArchive } from './source/docker-archive.ts'
export type { DockerArchiveOptions } from './source/docker-archive-options.ts'
export type { ImageSource, ManifestBytes } from './source/image-source.ts'
export { openLayout } from './source/layout.ts'
export type { SelectOptions } from './source/layout-source.ts'
export { type OpenSourceOptions, openSource } from './source/open-source.ts'
export { openRegistryImage } from './source/registry-source.ts'
export type { OpenRegistryOptions } from './source/registry-source-options.ts'
export type { MessageSocket, SocketMessage, SocketPairs } from './source/skopeo/message-socket.ts'
export { probeSkopeo } from './source/skopeo/probe-skopeo.ts'
export type { OpenSkopeoOptions, SkopeoOptions } from './source/skopeo/skopeo-options.ts'
export { openSkopeo } from './source/skopeo/skopeo-source.ts'
export {
  configName,
  type NewConfig,
  openConfig,
  type StoredConfig,
  writeConfig,
} from './store/config-stream.ts'
export { describeReferrers, type StoredReferrer } from './store/describe-referrers.ts'
export type { StoredDocument } from './store/document-stream.ts'
export {
  bootImage,
  type ImageReferences,
  type ImageVariant,
  imageReferenceKey,
  type LinkedImage,
  linkedImages,
  plainImage,
} from './store/image-references.ts'
export { type ImageUse, listImageUses } from './store/image-uses.ts'
export {
  type ImageInspection,
  inspectImage,
  type LinkedImageInfo,
  linkedErofsImages,
} from './store/inspect-image.ts'
export { type KeptBlob, keptBlob } from './store/kept-blob.ts'
export {
  createLayerObjects,
  type LayerObjects,
  type LayerObjectsOptions,
} from './store/layer-objects.ts'
export { type ImageSummary, listImages } from './store/list-images.ts'
export {
  manifestName,
  type NewManifest,
  openManifest,
  type StoredManifest,
  writeManifest,
} from './store/manifest-stream.ts'
export { openEntries } from './store/open-entries.ts'
export {
  openImage,
  openImageConfig,
  requireContainer,
  type StoredImage,
  type StoredImageConfig,
  type StoredLayer,
} from './store/open-image.ts'
export { addReferrer, cleanReferrers, listReferrers } from './store/referrers.ts'
export { type ResolvedReference, resolveReference } from './store/resolve-reference.ts'
export { listLayer, type StoreLayerOptions, storeLayer } from './store/store-layer.ts'
export { layerStreamId } from './store/stream-names.ts'
export {
  decodeTag,
  encodeTag,
  listTags,
  readTag,
  removeTag,
  setTag,
  type Tag,
  tagName,
} from './store/tags.ts'
export type { TarEntry, TarEntryContent, TarEntryKind } from './tar/entry.ts'
export { type ArchiveTargetOptions, createArchiveTarget } from './target/archive-target.ts'
export {
  createDockerArchiveTarget,
  type DockerArchiveTargetOptions,
} from './target/docker-archive-target.ts'
export type { BlobPresence, ImageTarget, PutBlobOptions } from './target/image-target.ts'
export { createLayoutTarget } from './target/layout-target.ts'
export { NewFile } from './target/new-file.ts'
export { type OpenTargetOptions, openTarget } from './target/open-target.ts'
export { createRegistryTarget } from './target/registry-target.ts'
export { type LayerPath, parseLayerPath } from './tree/layer-path.ts'
export {
  LayerMerger,
  type LayerMergerOptions,
  type MergedLayer,
  type MergeWarning,
} from './tree/merge.ts'
export { type TransformOptions, transformTree } from './tree/transform.ts'
export { DEFAULT_XATTR_MODE, type XattrMode } from './xattr-mode.ts'
