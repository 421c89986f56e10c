import type { AuthFilePath } from './auth-file-paths.ts'
import { badConfig, readConfigFile } from './config-file.ts'
import type { Credentials } from './credential.ts'

/** What an auth file holds. */
export interface AuthFile {
  readonly path: string
  readonly isLegacy: boolean
  /** By host, host and path, or URL of an API. */
  readonly entries: ReadonlyMap<string, AuthEntry>
  /** Helper by host. */
  readonly helpers: ReadonlyMap<string, string>
  /** Docker's helper for all hosts. */
  readonly store: string | undefined
}

/** An entry as it is written. */
export interface AuthEntry {
  /** Base64 of `USER:PASSWORD`. */
  readonly auth: string
  readonly identityToken: string
  readonly username: string
  readonly password: string
}

type Table = Readonly<Record<string, unknown>>

/**
 * Reads an auth file: podman's auth.json (containers-auth.json(5)), Docker's config.json, or ~/.dockercfg.
 *
 * @returns undefined where there is none that had to be there
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG with the path, and nothing of what is in the file
 */
export async function readAuthFile(place: AuthFilePath): Promise<AuthFile | undefined> {
  const { path, isLegacy, isNamed } = place
  const text = await readConfigFile(path)
  if (text === undefined) {
    if (isNamed) throw badConfig(path, 'there is no such file')
    return undefined
  }
  // Docker leaves empty files behind.
  const document = text.trim() === '' ? {} : parseDocument(text, path)
  const auths = isLegacy ? document : tableOf(document, 'auths', path)
  const store = isLegacy ? undefined : document.credsStore
  if (store !== undefined && typeof store !== 'string') {
    throw badConfig(path, 'credsStore is no string')
  }
  return {
    path,
    isLegacy,
    entries: new Map(Object.keys(auths).map(key => [key, readEntry(auths, key, path)])),
    helpers: isLegacy ? new Map() : readHelpers(document, path),
    store: store || undefined,
  }
}

/**
 * The credentials of an entry; undefined for one that holds none, as those whose secret a helper keeps.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG
 */
export function decodeEntry(entry: AuthEntry, key: string, path: string): Credentials | undefined {
  if (entry.identityToken !== '') return { kind: 'identity-token', token: entry.identityToken }
  if (entry.auth === '') {
    const { username, password } = entry
    return username === '' ? undefined : { kind: 'basic', username, password }
  }
  const text = decodeBase64(entry.auth)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) {
    throw badConfig(path, `the auth of ${key} is no base64 of USER:PASSWORD`)
  }
  // Docker once padded passwords with NULs.
  let end = text.length
  while (text.charCodeAt(end - 1) === 0) end--
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1, end) }
}

function parseDocument(text: string, path: string): Table {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // The error quotes the text, secrets included.
    throw badConfig(path, 'no JSON')
  }
  if (!isTable(document)) throw badConfig(path, 'no JSON object')
  return document
}

function readEntry(auths: Table, key: string, path: string): AuthEntry {
  const entry = tableOf(auths, key, path)
  const text = (name: string): string => {
    const value = Object.hasOwn(entry, name) ? entry[name] : ''
    if (typeof value !== 'string') throw badConfig(path, `${name} of ${key} is no string`)
    return value
  }
  return {
    auth: text('auth'),
    identityToken: text('identitytoken'),
    username: text('username'),
    password: text('password'),
  }
}

function readHelpers(document: Table, path: string): ReadonlyMap<string, string> {
  const helpers = new Map<string, string>()
  for (const [host, name] of Object.entries(tableOf(document, 'credHelpers', path))) {
    if (typeof name !== 'string') throw badConfig(path, `credHelpers names no helper for ${host}`)
    helpers.set(host, name)
  }
  return helpers
}

function tableOf(table: Table, key: string, path: string): Table {
  const value = Object.hasOwn(table, key) ? (table[key] ?? {}) : {}
  if (!isTable(value)) throw badConfig(path, `${key} is no JSON object`)
  return value
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Text in base64; undefined for what is none. Node's decoder takes anything. */
function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64').toString('utf8')
}
