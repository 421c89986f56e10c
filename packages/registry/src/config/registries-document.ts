import { parse, TomlError } from 'smol-toml'
import { badConfig } from './config-file.ts'

/** When a mirror is asked. */
export type PullFromMirror = 'all' | 'digest-only' | 'tag-only'

export interface MirrorEntry {
  readonly location: string
  readonly insecure: boolean
  readonly pullFromMirror: PullFromMirror
}

/** One `[[registry]]`. */
export interface RegistryEntry {
  /** What the names begin with that it is for: `quay.io`, `quay.io/team`, `*.example.com`. */
  readonly prefix: string
  /** What stands in place of the prefix; undefined for names that stay as they are. */
  readonly location: string | undefined
  readonly insecure: boolean
  readonly blocked: boolean
  readonly mirrors: readonly MirrorEntry[]
  /** The file that says it. */
  readonly path: string
}

/** One registries.conf or drop-in. */
export interface RegistriesDocument {
  readonly registries: readonly RegistryEntry[]
  /** Undefined where the file does not say. */
  readonly searchRegistries: readonly string[] | undefined
  readonly credentialHelpers: readonly string[] | undefined
}

type Table = Readonly<Record<string, unknown>>

const PULL_FROM_MIRROR: readonly PullFromMirror[] = ['all', 'digest-only', 'tag-only']

/**
 * Reads a registries.conf of version 2 (containers-registries.conf(5)). Keys that are not known are left alone, short
 * names among them.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG
 */
export function parseRegistriesDocument(text: string, path: string): RegistriesDocument {
  const record = new ConfigTable(parseToml(text, path), path)
  if (record.has('registries')) {
    throw badConfig(
      path,
      'the first version of the format ([registries.…]) is not read: write [[registry]] tables and unqualified-search-registries',
    )
  }
  return {
    registries: record.tables('registry').map(readRegistry),
    searchRegistries: record.strings('unqualified-search-registries'),
    credentialHelpers: record.strings('credential-helpers'),
  }
}

function parseToml(text: string, path: string): Table {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // Its message quotes the file.
    const [what = ''] = error.message.split('\n')
    throw badConfig(path, `line ${error.line}, column ${error.column}: ${what}`)
  }
}

function readRegistry(table: ConfigTable): RegistryEntry {
  const given = table.location('prefix')
  const location = table.location('location')
  const prefix = given ?? location
  if (prefix === undefined) throw table.bad('a [[registry]] has neither prefix nor location')
  const isWildcard = prefix.startsWith('*.')
  if (location === undefined && !isWildcard) {
    throw table.bad(`the [[registry]] ${prefix} has no location; only *.DOMAIN does without`)
  }
  if (prefix.includes('*', isWildcard ? 1 : 0)) {
    throw table.bad(`prefix ${prefix}: a * stands only at its beginning, as *.DOMAIN`)
  }
  if (location?.includes('*')) throw table.bad(`location ${location}: there is no * in locations`)
  if (table.has('pull-from-mirror')) {
    throw table.bad(`pull-from-mirror is for mirrors, not for the registry ${prefix} itself`)
  }
  const digestOnly = table.boolean('mirror-by-digest-only')
  return {
    prefix,
    location,
    insecure: table.boolean('insecure'),
    blocked: table.boolean('blocked'),
    mirrors: table.tables('mirror').map(mirror => readMirror(mirror, prefix, digestOnly)),
    path: table.path,
  }
}

function readMirror(table: ConfigTable, prefix: string, digestOnly: boolean): MirrorEntry {
  const location = table.location('location')
  if (location === undefined) throw table.bad(`a mirror of ${prefix} has no location`)
  const text = table.string('pull-from-mirror') || undefined
  const pullFromMirror = PULL_FROM_MIRROR.find(name => name === (text ?? 'all'))
  if (pullFromMirror === undefined) {
    throw table.bad(`pull-from-mirror is ${PULL_FROM_MIRROR.join(', ')}, not ${text}`)
  }
  if (digestOnly && text !== undefined) {
    throw table.bad(`mirror-by-digest-only and pull-from-mirror exclude each other (${prefix})`)
  }
  return {
    location,
    insecure: table.boolean('insecure'),
    pullFromMirror: digestOnly ? 'digest-only' : pullFromMirror,
  }
}

/** A table of the document; what has another type than it must have is an error. */
class ConfigTable {
  readonly path: string
  readonly #table: Table

  constructor(table: Table, path: string) {
    this.#table = table
    this.path = path
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#table, key)
  }

  string(key: string): string | undefined {
    const value = this.#value(key)
    if (value === undefined || typeof value === 'string') return value
    throw this.bad(`${key} is no string`)
  }

  boolean(key: string): boolean {
    const value = this.#value(key) ?? false
    if (typeof value === 'boolean') return value
    throw this.bad(`${key} is neither true nor false`)
  }

  strings(key: string): readonly string[] | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
    throw this.bad(`${key} is no list of strings`)
  }

  tables(key: string): readonly ConfigTable[] {
    const value = this.#value(key) ?? []
    if (!Array.isArray(value) || !value.every(isTable))
      throw this.bad(`${key} is no list of tables`)
    return value.map(table => new ConfigTable(table, this.path))
  }

  /** A host in lower case, and perhaps a path, without slashes at the end; undefined where there is none. */
  location(key: string): string | undefined {
    const given = this.string(key) ?? ''
    let end = given.length
    while (given[end - 1] === '/') end--
    const text = given.slice(0, end).replace(/^[^/]+/, host => host.toLowerCase())
    if (text.includes('://')) throw this.bad(`${key} ${text}: a host without https:// or http://`)
    return text === '' ? undefined : text
  }

  bad(why: string): Error {
    return badConfig(this.path, why)
  }

  #value(key: string): unknown {
    return this.has(key) ? this.#table[key] : undefined
  }
}

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}
