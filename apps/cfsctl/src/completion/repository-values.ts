import type { Candidate } from './candidates.ts'
import type { RepositoryNames, Tag } from './repository-names.ts'

/** Digits of a digest that are enough to know it again. */
const SHORT = 12
/** Digits of a SHA-512. */
const SHA512_DIGITS = 128

/** Tags, with what they lead to. */
export function tags(repository: RepositoryNames): Candidate[] {
  return repository.tags().map(tagCandidate)
}

/**
 * What names a container image. Digests are offered as soon as one is begun, in the form it is begun in: `@sha256:`,
 * `sha256:`, `TAG@sha256:` or bare digits. They are no use to those who have typed nothing, unless there is no tag.
 */
export function containerImages(repository: RepositoryNames, text: string): Candidate[] {
  const all = repository.tags()
  const tagged = all.map(tagCandidate)
  if (text === '' && tagged.length > 0) return tagged
  const byDigest = Map.groupBy(all, ({ digest }) => digest)
  const namesOf = (digest: string) => (byDigest.get(digest) ?? []).map(({ name }) => name)
  const digests = [
    ...repository.digests('manifest').map(digest => describe(digest, 'manifest', namesOf(digest))),
    ...repository.digests('config').map(digest => describe(digest, 'config', [])),
  ]
  const withTag = all
    .filter(({ name, digest }) => digest !== '' && text.startsWith(`${name}@`))
    .map(({ name, digest }) => ({ value: `${name}@${digest}` }))
  return [...tagged, ...withTag, ...spelled(digests, text)]
}

/** Diff ids of layers. */
export function layers(repository: RepositoryNames, text: string): Candidate[] {
  return spelled(
    repository.digests('layer').map(value => ({ value })),
    text,
  )
}

/** Names and ids of images. */
export function images(
  repository: RepositoryNames,
  text: string,
  wanted: { readonly names: boolean; readonly ids: boolean },
): Candidate[] {
  const refs = repository.refs('images')
  const named = wanted.names
    ? refs.map(({ name, target }) => ({
        // A name with a slash has to say that it is none of a file. Where only names are wanted, it is clear.
        value: wanted.ids && name.includes('/') ? `refs/${name}` : name,
        description: target.slice(0, SHORT),
      }))
    : []
  if (!wanted.ids || (text === '' && named.length > 0)) return named
  const byId = Map.groupBy(refs, ({ target }) => target)
  const ids = repository.images().map(id => {
    const names = (byId.get(id) ?? []).map(({ name }) => name)
    const value = `${id.length === SHA512_DIGITS ? 'sha512' : 'sha256'}:${id}`
    return names.length === 0 ? { value } : { value, description: names.join(', ') }
  })
  // Ids are printed bare most of the time.
  const isBare = text === '' || /^[0-9a-f]+$/.test(text)
  return [...named, ...(isBare ? ids.map(bare) : ids)]
}

/** Streams, by id and by name. */
export function streams(repository: RepositoryNames): Candidate[] {
  const refs = repository.refs('streams')
  return [
    ...refs.map(({ name, target }) => ({ value: `refs/${name}`, description: target })),
    ...repository.streams().map(value => ({ value })),
  ]
}

/** Names of streams, but for those that are tags. */
export function streamNames(repository: RepositoryNames): Candidate[] {
  return repository
    .refs('streams')
    .filter(({ name }) => !name.startsWith('oci/'))
    .map(({ name, target }) => ({ value: name, description: target }))
}

/** What a garbage collection can be told to keep. */
export function roots(repository: RepositoryNames): Candidate[] {
  return [
    ...repository.images().map(value => ({ value, description: 'image' })),
    ...repository.streams().map(value => ({ value, description: 'stream' })),
  ]
}

/** Ids of objects, once the first two digits are there: there may be a million of them. */
export function objects(repository: RepositoryNames, text: string): Candidate[] {
  const [, prefix = '', beginning] = /^(sha(?:256|512):)?([0-9a-f]{2})/.exec(text) ?? []
  if (beginning === undefined) return []
  return repository.objects(beginning).map(id => ({ value: prefix + id }))
}

/** Digests `sha256:…` as the word was begun. */
function spelled(digests: readonly Candidate[], text: string): Candidate[] {
  if (/^[0-9a-f]+$/.test(text)) return digests.map(bare)
  if (!text.startsWith('@')) return [...digests]
  return digests.map(candidate => ({ ...candidate, value: `@${candidate.value}` }))
}

function tagCandidate({ name, digest }: Tag): Candidate {
  return digest === '' ? { value: name } : { value: name, description: shorten(digest) }
}

function describe(digest: string, kind: string, names: readonly string[]): Candidate {
  return { value: digest, description: names.length === 0 ? kind : names.join(', ') }
}

function bare(candidate: Candidate): Candidate {
  return { ...candidate, value: candidate.value.replace(/^.*:/, '') }
}

function shorten(digest: string): string {
  return digest.replace(/^[^:]*:/, '').slice(0, SHORT)
}
