import type { PublishedName, Repository } from '@composefs/repository'
import { OciError } from '../errors.ts'
import { manifestDigestOfStream, manifestStreamId } from './stream-names.ts'

const DIRECTORY = 'oci'
/** Longest file name of Linux in bytes. */
const FILE_NAME_MAX = 255

/** A name for a manifest. */
export interface Tag {
  readonly name: string
  readonly manifest: string
}

/**
 * The file name of a tag: `/` and `%` escaped.
 *
 * @throws OciError ERR_OCI_BAD_TAG for a tag that is empty, begins with `@` or makes no file name
 */
export function encodeTag(name: string): string {
  const file = name.replaceAll('%', '%25').replaceAll('/', '%2F')
  const reason = reasonAgainst(name, file)
  if (reason === undefined) return file
  throw new OciError('ERR_OCI_BAD_TAG', `the tag ${JSON.stringify(shorten(name))} ${reason}`, {
    tag: name,
  })
}

/** The tag of a file name. Escapes other than those of `encodeTag` stand for themselves. */
export function decodeTag(file: string): string {
  return file.replace(/%25|%2F/g, found => (found === '%25' ? '%' : '/'))
}

/**
 * Names a stored manifest; a tag of that name moves to it.
 *
 * @throws OciError ERR_OCI_BAD_TAG
 */
export function setTag(repository: Repository, name: string, manifest: string): void {
  repository.streams.setRef(`${DIRECTORY}/${encodeTag(name)}`, manifestStreamId(manifest))
}

/**
 * The tag as a name to publish together with the manifest it is for.
 *
 * @throws OciError ERR_OCI_BAD_TAG
 */
export function tagName(name: string, manifest: string): PublishedName {
  return {
    kind: 'stream-ref',
    name: `${DIRECTORY}/${encodeTag(name)}`,
    id: manifestStreamId(manifest),
  }
}

/**
 * Removes a tag, not its manifest; false when there is none of that name.
 *
 * @throws OciError ERR_OCI_BAD_TAG
 */
export function removeTag(repository: Repository, name: string): boolean {
  return repository.streams.removeRef(`${DIRECTORY}/${encodeTag(name)}`)
}

/** The digest of the manifest that a tag names; undefined when there is no such tag. */
export function readTag(repository: Repository, name: string): string | undefined {
  const file = name.replaceAll('%', '%25').replaceAll('/', '%2F')
  if (reasonAgainst(name, file) !== undefined) return undefined
  const target = repository.streams.refTarget(`${DIRECTORY}/${file}`)
  return target === undefined ? undefined : manifestDigestOfStream(target)
}

/** The tags of the repository sorted by name. What is no good link goes to `onBroken` and hides no other tag. */
export function listTags(
  repository: Repository,
  onBroken: (name: string, error: unknown) => void = () => {},
): Tag[] {
  const tags: Tag[] = []
  const tellBroken = (path: string, error: unknown) => onBroken(nameOf(path), error)
  for (const { name: path, target } of repository.streams.refs(DIRECTORY, tellBroken)) {
    const manifest = manifestDigestOfStream(target)
    const isNested = path.includes('/', DIRECTORY.length + 1)
    if (manifest !== undefined && !isNested) tags.push({ name: nameOf(path), manifest })
  }
  return tags.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

/** The tag at a path below the refs. */
function nameOf(path: string): string {
  return decodeTag(path.slice(DIRECTORY.length + 1))
}

function reasonAgainst(name: string, file: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.startsWith('@')) return 'begins with @, which marks a digest'
  if (name === '.' || name === '..') return 'cannot be a file name'
  if (name.includes('\0')) return 'contains a NUL'
  if (!name.isWellFormed()) return 'is no valid text'
  const length = Buffer.byteLength(file)
  if (length > FILE_NAME_MAX) return `takes ${length} bytes, at most ${FILE_NAME_MAX} are possible`
  return undefined
}

function shorten(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}
