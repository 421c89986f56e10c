export { type AffectedFile, type AffectedFiles, affectedFiles } from './check/affected-files.ts'
export { type CheckOptions, checkRepository } from './check/check-repository.ts'
export {
  type CheckFinding,
  type CheckReport,
  type CheckWarning,
  type FindingKind,
  formatFinding,
  type WarningKind,
} from './check/finding.ts'
export {
  type CollectOptions,
  type CollectResult,
  collectGarbage,
} from './collect/collect-garbage.ts'
export { countRepository, type RepositoryCounts } from './count.ts'
export { type CountingObjectStore, createCountingObjectStore } from './counting-objects.ts'
export { DataSharing, type SharingOptions } from './data-sharing.ts'
export { createDirectoryObjectStore, type DirectoryObjectsOptions } from './directory-objects.ts'
export {
  type Broken,
  isRepositoryError,
  RepositoryError,
  type RepositoryErrorCode,
  type RepositoryErrorFacts,
} from './errors.ts'
export type { ImageStore, OpenedImage, ResolvedImage } from './images.ts'
export { type InitOptions, type InitResult, initRepository } from './init.ts'
export type { Layout } from './layout.ts'
export type { LockOptions } from './lock.ts'
export type { LockHolder } from './lock-holders.ts'
export { createMemoryObjectStore } from './memory-objects.ts'
export {
  createMetadata,
  type ErofsFormats,
  encodeMetadata,
  erofsFormatsOf,
  parseMetadata,
  type RepositoryFeatures,
  type RepositoryMetadata,
  unknownWriteFeatures,
} from './metadata.ts'
export type { ObjectHandle, ObjectStore, ObjectWriter, PutResult } from './object-store.ts'
export type { DiskObjectStore } from './objects.ts'
export { type OpenOptions, openRepository, readAlgorithm } from './open.ts'
export { type PublishedName, publish } from './publish.ts'
export type { DecoderEngine, DecoderStep, RawDecoder } from './raw-decoder.ts'
export { type DependentsOptions, findDependents } from './reach/dependents.ts'
export { type ExplainOptions, type Explanation, explainObject } from './reach/explain.ts'
export {
  type Extent,
  type MeasureOptions,
  measureRoots,
  type ReachMeasure,
  type RootExtent,
} from './reach/measure.ts'
export { type Root, rootPath } from './reach/root.ts'
export type { ReceivedBy } from './receive-object.ts'
export type { Ref, RefEntry } from './refs.ts'
export { dropBrokenLinks } from './repair/drop-broken-links.ts'
export { type MendedEntry, mendEntries } from './repair/mend-entries.ts'
export { missingObjects } from './repair/missing-objects.ts'
export { putAside } from './repair/put-aside.ts'
export { type TakenObjects, takeObjects } from './repair/take-objects.ts'
export type { Repository, RepositoryLock } from './repository.ts'
export { type ScanOptions, scanDirectory } from './scan-directory.ts'
export type { StreamStore } from './streams.ts'
export type { FileDescriptor, System, VerityMeasurement } from './system.ts'
export { createDigestIntake, type DigestIntakeOptions } from './work/digest-intake.ts'
export type { LargeContent, ObjectIntake } from './work/object-intake.ts'
export { JobOutcome, JobResult, ObjectJob } from './work/object-job.ts'
export type { ObjectHelpers } from './work/object-threads.ts'
export {
  createObjectWork,
  type ObjectStoreSetup,
  type ObjectWorkDependencies,
  type ObjectWorkSetup,
} from './work/object-work.ts'
export { createStoreIntake } from './work/store-intake.ts'
