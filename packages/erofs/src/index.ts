export { checkImage, type ImageCheck } from './check.ts'
export { chooseVersion, type VersionRange } from './choose-version.ts'
export {
  type CompareImagesOptions,
  compareImages,
  type ImageFinding,
} from './compare/compare-images.ts'
export { IMAGE_RULES, type ImageDifference, type ImageRule } from './compare/image-difference.ts'
export type { DirectoryEntry } from './directory.ts'
export { ErofsError, type ErofsErrorCode, type ErofsErrorFacts, isErofsError } from './errors.ts'
export type { ErofsVersion } from './format.ts'
export { ErofsImage, type OpenImageOptions, openImage } from './image.ts'
export {
  IMAGE_HEAD_SIZE,
  type ImageHead,
  readImageHead,
  readImageVersion,
} from './image-version.ts'
export type { ErofsInode } from './inode.ts'
export { IMAGE_SIZE_MAX } from './limits.ts'
export type { ImageFile } from './paged-bytes.ts'
export { type VisitObjectsOptions, visitObjects } from './visit-objects.ts'
export type { ImageEntry } from './walk-image.ts'
export { encodeImage, imageDigest, type WriteImageOptions, writeImage } from './write.ts'
