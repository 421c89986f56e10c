import { isRegistryError } from '../errors.ts'
import { type AuthFile, decodeEntry, readAuthFile } from './auth-file.ts'
import { type AuthFilePath, authFilePaths } from './auth-file-paths.ts'
import { findEntry, findHelper } from './auth-keys.ts'
import type { Environment } from './config-file.ts'
import type { Credentials } from './credential.ts'
import { askCredentialHelper } from './credential-helper.ts'
import { AUTH_FILE_HELPER } from './registries-conf.ts'

/** Where credentials are kept. */
export interface CredentialStore {
  /**
   * The credentials for a repository of a host; undefined where there are none.
   *
   * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for a file or helper that cannot be used
   */
  find(host: string, repository: string, signal?: AbortSignal): Promise<Credentials | undefined>
}

/** Where to look for credentials. */
export interface CredentialStoreOptions {
  /** This file and no other. */
  readonly authFile?: string | undefined
  /** Given by hand, for this host alone: a mirror is another host. */
  readonly credentials?:
    | { readonly host: string; readonly username: string; readonly password: string }
    | undefined
  /** Of registries.conf. Default: the auth files alone. */
  readonly credentialHelpers?: readonly string[] | undefined
  /** Default: `process.env`. */
  readonly env?: Environment | undefined
}

/**
 * Opens the credentials of podman and Docker: auth files in their usual places, and the helpers that they and
 * registries.conf name. A file that was named is read now, the others when they are first needed; each once.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for a named file that is not there or cannot be used
 *
 * @example
 * const store = await openCredentialStore({ env: process.env })
 * await store.find('quay.io', 'team/app') // { kind: 'basic', username: …, password: … }
 */
export async function openCredentialStore(
  options: CredentialStoreOptions = {},
): Promise<CredentialStore> {
  const store = new FileCredentialStore(options)
  await store.readNamedFile()
  return store
}

class FileCredentialStore implements CredentialStore {
  readonly #given: CredentialStoreOptions['credentials']
  readonly #helpers: readonly string[]
  readonly #env: Environment
  readonly #places: readonly AuthFilePath[]
  readonly #files = new Map<string, Promise<AuthFile | undefined>>()
  /** Answers of helpers, which may have asked somebody. */
  readonly #answers = new Map<string, Promise<Credentials | undefined>>()

  constructor(options: CredentialStoreOptions) {
    const { authFile, credentials, credentialHelpers, env = process.env } = options
    this.#given = credentials
    this.#helpers = credentialHelpers ?? [AUTH_FILE_HELPER]
    this.#env = env
    this.#places = authFilePaths(env, authFile)
  }

  async readNamedFile(): Promise<void> {
    const place = this.#places.find(({ isNamed }) => isNamed)
    if (place !== undefined) await this.#read(place)
  }

  async find(
    host: string,
    repository: string,
    signal?: AbortSignal,
  ): Promise<Credentials | undefined> {
    if (this.#given?.host === host) {
      const { username, password } = this.#given
      return { kind: 'basic', username, password }
    }
    for (const name of this.#helpers) {
      const found =
        name === AUTH_FILE_HELPER
          ? await this.#findInFiles(host, repository, signal)
          : await this.#ask({ name, server: host, path: undefined, signal })
      if (found !== undefined) return found
    }
    return undefined
  }

  async #findInFiles(
    host: string,
    repository: string,
    signal: AbortSignal | undefined,
  ): Promise<Credentials | undefined> {
    for (const place of this.#places) {
      const file = await this.#read(place)
      if (file === undefined) continue
      const { path } = file
      // An entry with a path is nearer than the helper, which knows hosts only; the helper's own entries are empty.
      const entry = findEntry(file, host, repository)
      const written = entry && decodeEntry(entry.entry, entry.key, path)
      const helper = findHelper(file, host)
      if (written !== undefined && (helper === undefined || entry?.key.startsWith(`${host}/`)))
        return written
      const kept = helper && (await this.#ask({ ...helper, path, signal }))
      const found = kept ?? written
      if (found !== undefined) return found
    }
    return undefined
  }

  #read(place: AuthFilePath): Promise<AuthFile | undefined> {
    return remember(this.#files, place.path, () => readAuthFile(place))
  }

  async #ask(helper: HelperCall): Promise<Credentials | undefined> {
    const { name, server, signal } = helper
    const key = `${name} ${server}`
    for (let known = this.#answers.get(key); known !== undefined; known = this.#answers.get(key)) {
      try {
        return await known
      } catch (error) {
        // Whoever asked first may have given up; that is no answer for us.
        if (signal?.aborted || isRegistryError(error)) throw error
      }
    }
    return remember(this.#answers, key, () => askCredentialHelper({ ...helper, env: this.#env }))
  }
}

interface HelperCall {
  readonly name: string
  readonly server: string
  readonly path: string | undefined
  readonly signal: AbortSignal | undefined
}

/** The value of a key, made once; what failed is forgotten. */
function remember<T>(
  memory: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = memory.get(key)
  if (known !== undefined) return known
  const made = make()
  memory.set(key, made)
  made.catch(() => memory.delete(key))
  return made
}
