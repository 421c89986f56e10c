export {
  isRegistryError,
  RegistryError,
  type RegistryErrorCode,
  type RegistryErrorFacts,
} from './errors.ts'
