import type { RegistryReference } from '../reference.ts'

/** A place that an image can be had from. */
export interface RegistryEndpoint {
  /** With its port if one is given. `docker.io` stays; the client knows where Docker Hub answers. */
  readonly host: string
  readonly repository: string
  /** Its certificate may be one that nobody vouches for, and plain HTTP will do. */
  readonly insecure: boolean
  readonly isMirror: boolean
}

/** Which registries stand for others, which are not to be used, and which are not safe. */
export interface RegistriesConf {
  /** Registries that names without one could mean: for messages, such names are refused. */
  readonly searchRegistries: readonly string[]
  /**
   * Where an image is to be looked for: mirrors in their order, then the registry itself.
   *
   * @throws RegistryError ERR_REGISTRY_BLOCKED
   */
  endpoints(reference: RegistryReference): readonly RegistryEndpoint[]
}
