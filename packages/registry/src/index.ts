export type { BlobName } from './client/blob-download.ts'
export type { ManifestInfo, ManifestOptions, RegistryManifest } from './client/manifests.ts'
export type { ReferrersIndex, ReferrersOptions } from './client/referrers.ts'
export type { Credentials } from './config/credential.ts'
export {
  type CredentialStore,
  type CredentialStoreOptions,
  openCredentialStore,
} from './config/credentials.ts'
export type { RegistryEndpoint } from './config/endpoints.ts'
export { proxyFor } from './config/proxy.ts'
export {
  loadRegistriesConf,
  type RegistriesConf,
  type RegistriesConfOptions,
} from './config/registries-conf.ts'
export { loadTlsSettings, type TlsOptions, type TlsSettings } from './config/tls-settings.ts'
export {
  isRegistryError,
  RegistryError,
  type RegistryErrorCode,
  type RegistryErrorFacts,
} from './errors.ts'
export {
  formatRegistryReference,
  type ParseReferenceOptions,
  parseRegistryReference,
  type RegistryReference,
} from './reference.ts'
export type { RegistryOptions, RetryEvent } from './registry-options.ts'
export { type BlobOptions, openRemote, RemoteRepository } from './remote-repository.ts'
export type { Adoption } from './upload/adopt-blob.ts'
export type { NewManifest, PutManifestOptions } from './upload/put-manifest.ts'
export type { SendBlobOptions } from './upload/send-blob.ts'
