/** What proves to a registry who asks. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token that the token server takes in place of a password. */
  | { readonly kind: 'identity-token'; readonly token: string }

/** Where credentials are kept. */
export interface CredentialStore {
  /**
   * The credentials for a repository of a host; undefined where there are none.
   *
   * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for a file or helper that cannot be used
   */
  find(host: string, repository: string, signal?: AbortSignal): Promise<Credentials | undefined>
}
