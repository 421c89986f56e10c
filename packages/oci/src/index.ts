export { isOciError, OciError, type OciErrorCode, type OciErrorFacts } from './errors.ts'
export type { TarEntry, TarEntryContent, TarEntryKind } from './tar/entry.ts'
