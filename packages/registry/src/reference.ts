import { isIPv6 } from 'node:net'
import { RegistryError } from './errors.ts'

/** An image in a registry: who keeps it, under which name, and which of its versions. */
export interface RegistryReference {
  /** In lower case, with its port if one is given: `quay.io`, `127.0.0.1:5000`, `[::1]:5000`. Docker Hub is `docker.io`. */
  readonly host: string
  /** Such as `library/debian`. */
  readonly repository: string
  readonly tag: string | undefined
  /** Such as `sha256:…`. Beside a tag it is the digest that counts. */
  readonly digest: string | undefined
}

/** What parseRegistryReference may know beside the text. */
export interface ParseReferenceOptions {
  /** Registries that a name without one could mean, for the choices of the error. */
  readonly searchRegistries?: readonly string[]
}

/** Longest repository, by the distribution specification. */
const REPOSITORY_LENGTH_MAX = 255

/** Longest name that DNS has. */
const HOST_NAME_LENGTH_MAX = 253

/** No reference is longer; longer text is not worth a look. */
const REFERENCE_LENGTH_MAX = 1024

const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Reads `HOST[:PORT]/NAME[:TAG][@DIGEST]` by the grammar of the distribution project.
 *
 * Without tag and digest the tag is `latest`; `docker.io/debian` is `docker.io/library/debian`. A name without a
 * registry means another image on every machine, so it is refused; the choices of the error are what it could mean.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_REFERENCE, and ERR_REGISTRY_UNQUALIFIED for a name without a registry
 *
 * @example
 * parseRegistryReference('quay.io/fedora/fedora:41')
 * // { host: 'quay.io', repository: 'fedora/fedora', tag: '41', digest: undefined }
 */
export function parseRegistryReference(
  text: string,
  options: ParseReferenceOptions = {},
): RegistryReference {
  if (text.length > REFERENCE_LENGTH_MAX) {
    throw new RegistryError(
      'ERR_REGISTRY_BAD_REFERENCE',
      `a reference of ${text.length} characters: at most ${REFERENCE_LENGTH_MAX} are allowed`,
      { expected: REFERENCE_LENGTH_MAX, actual: text.length },
    )
  }
  const slash = text.indexOf('/')
  if (slash < 0 || !isHost(text.slice(0, slash))) throw unqualified(text, options)
  const host = parseHost(text, text.slice(0, slash))
  const { name, tag, digest } = splitVersion(text, text.slice(slash + 1))
  const repository = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name
  if (repository.length > REPOSITORY_LENGTH_MAX) {
    throw bad(text, `a repository of more than ${REPOSITORY_LENGTH_MAX} characters`)
  }
  const version = tag === undefined && digest === undefined ? 'latest' : tag
  return { host, repository, tag: version, digest }
}

/** The reference as text that parseRegistryReference reads. */
export function formatRegistryReference(reference: RegistryReference): string {
  const { host, repository, tag, digest } = reference
  const version = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
  return `${host}/${repository}${version}`
}

/** Docker's rule for the part before the first slash, but that capitals alone make no host: they are put in lower case. */
function isHost(text: string): boolean {
  return text.toLowerCase() === 'localhost' || /[.:[\]]/.test(text)
}

/** The host as URLs have it, else what is blocked under one spelling were allowed under another. */
function parseHost(reference: string, text: string): string {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text.toLowerCase()) ?? []
  const host = name.startsWith('[') ? addressOf(name) : hostNameOf(name)
  if (host === undefined) throw bad(reference, `${text} is no registry host`)
  if (port === undefined) return host === 'index.docker.io' ? 'docker.io' : host
  if (Number(port) < 1 || Number(port) > 65_535) throw bad(reference, `no port ${port}`)
  return `${host}:${Number(port)}`
}

/** `[fd00::1]`, of any spelling of an IPv6 address in brackets. */
function addressOf(text: string): string | undefined {
  const address = text.slice(1, -1)
  return isIPv6(address) && !address.includes('%') ? new URL(`http://${text}`).hostname : undefined
}

/** The name itself, unless it is none; `127.1` and `0x7f.1` are IPv4 addresses in disguise. */
function hostNameOf(name: string): string | undefined {
  if (!HOST_NAME.test(name) || name.length > HOST_NAME_LENGTH_MAX) return undefined
  const url = `http://${name}`
  return URL.canParse(url) && new URL(url).hostname === name ? name : undefined
}

interface Version {
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

function splitVersion(reference: string, text: string): Version {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const tagged = at < 0 ? text : text.slice(0, at)
  const colon = tagged.indexOf(':')
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1)
  const name = colon < 0 ? tagged : tagged.slice(0, colon)
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw bad(reference, 'a digest is sha256: or sha512: with all its digits in lower case')
  }
  if (tag !== undefined && !TAG.test(tag)) {
    throw bad(reference, 'a tag is up to 128 letters, digits, and _.- but at its beginning')
  }
  if (!REPOSITORY.test(name)) {
    throw bad(
      reference,
      /[A-Z]/.test(name)
        ? 'the name of a repository is in lower case'
        : 'a repository is named by lower-case letters and digits with single separators between them',
    )
  }
  return { name, tag, digest }
}

function unqualified(
  text: string,
  { searchRegistries = [] }: ParseReferenceOptions,
): RegistryError {
  const { name } = splitVersion(text, text)
  const registries = ['docker.io', ...searchRegistries.filter(host => host !== 'docker.io')]
  const choices = registries.map(host =>
    host === 'docker.io' && !name.includes('/') ? `${host}/library/${text}` : `${host}/${text}`,
  )
  return new RegistryError('ERR_REGISTRY_UNQUALIFIED', `${text}: no registry in the name`, {
    reference: text,
    choices,
  })
}

function bad(reference: string, why: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_BAD_REFERENCE', `${reference}: ${why}`, { reference })
}
