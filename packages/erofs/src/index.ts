export { chooseVersion, type VersionRange } from './choose-version.ts'
export { ErofsError, type ErofsErrorCode, type ErofsErrorFacts, isErofsError } from './errors.ts'
export type { ErofsVersion } from './format.ts'
export { encodeImage, imageDigest, type WriteImageOptions, writeImage } from './write.ts'
