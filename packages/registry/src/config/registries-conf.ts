import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegistryReference } from '../reference.ts'
import {
  badConfig,
  type Environment,
  homeDirectory,
  readConfigFile,
  unreadable,
} from './config-file.ts'
import { endpointsOf, type RegistryEndpoint } from './endpoints.ts'
import type { RegistriesDocument, RegistryEntry } from './registries-document.ts'

/** Which registries stand for others, which are not to be used, and which are not safe. */
export interface RegistriesConf {
  /** Registries that names without one could mean: for messages, such names are refused. */
  readonly searchRegistries: readonly string[]
  /** Programs that credentials are asked of, by the name behind `docker-credential-`; see openCredentialStore. */
  readonly credentialHelpers: readonly string[]
  /**
   * Where an image is to be looked for: mirrors in their order, then the registry itself.
   *
   * @throws RegistryError ERR_REGISTRY_BLOCKED, ERR_REGISTRY_BAD_CONFIG for a location that gives no name
   */
  endpoints(reference: RegistryReference): readonly RegistryEndpoint[]
}

/** Where registries.conf is looked for. */
export interface RegistriesConfOptions {
  /** Default: `process.env`. Of it CONTAINERS_REGISTRIES_CONF and HOME count. */
  readonly env?: Environment | undefined
  /** This file and no other. */
  readonly path?: string | undefined
  /** Directory of the system's configuration. Default: /etc/containers. */
  readonly systemDirectory?: string | undefined
}

/** The helper that stands for the auth files. */
export const AUTH_FILE_HELPER = 'containers-auth.json'

const SYSTEM_DIRECTORY = '/etc/containers'
const MAIN_FILE = 'registries.conf'
const DROP_INS = 'registries.conf.d'

/**
 * Reads registries.conf (containers-registries.conf(5), version 2) and its drop-ins.
 *
 * A file that is named by `path` or CONTAINERS_REGISTRIES_CONF is all there is. Else $HOME/.config/containers with its
 * drop-ins, where it has a registries.conf; else the system's, and after its drop-ins those of the home directory. What
 * is read later replaces what came before: whole lists, and registries of the same prefix.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG
 */
export async function loadRegistriesConf(
  options: RegistriesConfOptions = {},
): Promise<RegistriesConf> {
  const registries = new Map<string, RegistryEntry>()
  let searchRegistries: readonly string[] = []
  let credentialHelpers: readonly string[] = [AUTH_FILE_HELPER]
  for (const document of await readDocuments(options)) {
    for (const entry of document.registries) registries.set(entry.prefix, entry)
    searchRegistries = document.searchRegistries ?? searchRegistries
    credentialHelpers = document.credentialHelpers ?? credentialHelpers
  }
  return {
    searchRegistries,
    credentialHelpers,
    endpoints: reference => endpointsOf(reference, registries.values()),
  }
}

async function readDocuments(options: RegistriesConfOptions): Promise<RegistriesDocument[]> {
  const { env = process.env, systemDirectory = SYSTEM_DIRECTORY } = options
  const named = options.path ?? (env.CONTAINERS_REGISTRIES_CONF || undefined)
  if (named !== undefined) {
    const document = await readDocument(named)
    if (document === undefined) throw badConfig(named, 'there is no such file')
    return [document]
  }
  const home = homeDirectory(env)
  const userDirectory = home === undefined ? undefined : join(home, '.config/containers')
  if (userDirectory !== undefined) {
    const document = await readDocument(join(userDirectory, MAIN_FILE))
    if (document !== undefined) return [document, ...(await readDropIns(userDirectory))]
  }
  const main = await readDocument(join(systemDirectory, MAIN_FILE))
  return [
    ...(main === undefined ? [] : [main]),
    ...(await readDropIns(systemDirectory)),
    ...(userDirectory === undefined ? [] : await readDropIns(userDirectory)),
  ]
}

async function readDropIns(directory: string): Promise<RegistriesDocument[]> {
  const path = join(directory, DROP_INS)
  const documents: RegistriesDocument[] = []
  for (const name of await dropInNames(path)) {
    const document = await readDocument(join(path, name))
    if (document !== undefined) documents.push(document)
  }
  return documents
}

async function dropInNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter(entry => !entry.isDirectory() && entry.name.endsWith('.conf'))
      .map(entry => entry.name)
      .sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw unreadable(path, error)
  }
}

async function readDocument(path: string): Promise<RegistriesDocument | undefined> {
  const text = await readConfigFile(path)
  if (text === undefined) return undefined
  // The TOML parser is not loaded before there is something to parse.
  const { parseRegistriesDocument } = await import('./registries-document.ts')
  return parseRegistriesDocument(text, path)
}
