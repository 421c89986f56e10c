import type { Repository } from '@composefs/repository'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { openManifest } from './manifest-stream.ts'
import { nearestNames } from './nearest-names.ts'
import {
  configDigestOfStream,
  configStreamId,
  manifestDigestOfStream,
  manifestStreamId,
} from './stream-names.ts'
import { listTags, readTag } from './tags.ts'

/** A digest shortened to no fewer than 12 digits: two of one repository that agree by chance are out of the question. */
const HEX_PREFIX = /^[0-9a-f]{12,63}$/
const HEX = /^[0-9a-f]{64}$/
const ALGORITHM = 'sha256:'

/** What a reference of the command line stands for. */
export type ResolvedReference =
  | {
      readonly kind: 'manifest'
      readonly digest: string
      /** The tag it was named by. */
      readonly tag?: string
    }
  | { readonly kind: 'config'; readonly digest: string }

/**
 * Finds what `text` stands for: `TAG`, `@sha256:HEX`, `sha256:HEX`, `TAG@sha256:HEX`, or a digest shortened to 12 or
 * more digits, with or without what stands before them. A tag of exactly that text wins. A digest is looked up as a
 * manifest's first, then as a config's.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE (with the nearest tags as `choices`), ERR_OCI_BAD_DIGEST,
 *   ERR_OCI_UNSUPPORTED_DIGEST, ERR_OCI_AMBIGUOUS_REFERENCE, ERR_OCI_REFERENCE_MISMATCH
 */
export async function resolveReference(
  repository: Repository,
  text: string,
): Promise<ResolvedReference> {
  if (text.startsWith('@')) return resolveDigest(repository, text, text.slice(1))
  const manifest = readTag(repository, text)
  if (manifest !== undefined) return { kind: 'manifest', digest: manifest, tag: text }
  const at = text.lastIndexOf('@')
  if (at > 0) return await resolvePinnedTag(repository, text, at)
  if (text.startsWith(ALGORITHM) || HEX_PREFIX.test(text) || HEX.test(text)) {
    return resolveDigest(repository, text, text)
  }
  throw noSuchTag(repository, text, text)
}

/** `TAG@sha256:HEX`: the tag decides, and the digest must be that of its manifest or of its config. */
async function resolvePinnedTag(
  repository: Repository,
  text: string,
  at: number,
): Promise<ResolvedReference> {
  const tag = text.slice(0, at)
  const manifest = readTag(repository, tag)
  if (manifest === undefined) throw noSuchTag(repository, tag, text)
  const pinned = resolveDigest(repository, text, text.slice(at + 1))
  const actual =
    pinned.kind === 'manifest'
      ? manifest
      : (await openManifest(repository, manifest, { trusted: true })).config.digest
  if (actual === pinned.digest) return { kind: 'manifest', digest: manifest, tag }
  throw new OciError(
    'ERR_OCI_REFERENCE_MISMATCH',
    `the tag ${tag} stands for the ${pinned.kind} ${actual}, not for ${pinned.digest}`,
    { reference: text, tag, expected: pinned.digest, actual },
  )
}

function resolveDigest(
  repository: Repository,
  reference: string,
  digest: string,
): ResolvedReference {
  const hex = digest.startsWith(ALGORITHM) ? digest.slice(ALGORITHM.length) : digest
  if (HEX_PREFIX.test(hex)) return resolvePrefix(repository, reference, ALGORITHM + hex)
  const full = HEX.test(digest) ? ALGORITHM + digest : digest
  requireOciDigest(full, 'an image')
  for (const [kind, id] of [
    ['manifest', manifestStreamId(full)],
    ['config', configStreamId(full)],
  ] as const) {
    if (repository.streams.lookup(id) !== undefined) return { kind, digest: full }
  }
  throw noSuchDigest(reference, full)
}

function resolvePrefix(
  repository: Repository,
  reference: string,
  prefix: string,
): ResolvedReference {
  const manifests: string[] = []
  const configs: string[] = []
  for (const { id } of repository.streams.list()) {
    const manifest = manifestDigestOfStream(id)
    const config = configDigestOfStream(id)
    if (manifest?.startsWith(prefix)) manifests.push(manifest)
    if (config?.startsWith(prefix)) configs.push(config)
  }
  const kind = manifests.length > 0 ? 'manifest' : 'config'
  const choices = kind === 'manifest' ? manifests : configs
  const [digest] = choices
  if (digest === undefined) throw noSuchDigest(reference, prefix)
  if (choices.length === 1) return { kind, digest }
  throw new OciError(
    'ERR_OCI_AMBIGUOUS_REFERENCE',
    `${reference} is short for ${choices.length} ${kind}s`,
    { reference, choices },
  )
}

function noSuchDigest(reference: string, digest: string): OciError {
  return new OciError('ERR_OCI_NO_SUCH_IMAGE', `OCI reference not found: ${reference}`, {
    reference,
    digest,
  })
}

function noSuchTag(repository: Repository, tag: string, reference: string): OciError {
  const names = listTags(repository).map(({ name }) => name)
  return new OciError('ERR_OCI_NO_SUCH_IMAGE', `OCI reference not found: ${reference}`, {
    reference,
    tag,
    choices: nearestNames(tag, names),
  })
}
