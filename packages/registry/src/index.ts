export type { CredentialStore, Credentials } from './config/credentials.ts'
export type { RegistriesConf, RegistryEndpoint } from './config/registries-conf.ts'
export type { TlsSettings } from './config/tls-settings.ts'
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
