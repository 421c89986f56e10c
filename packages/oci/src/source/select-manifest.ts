import { parseConfig } from '../document/config.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { type IndexDocument, parseIndex, REF_NAME } from '../document/index-document.ts'
import { isContainerImage, parseManifest } from '../document/manifest.ts'
import { mediaTypeRole } from '../document/media-type.ts'
import { formatPlatform, type Platform, platformRank } from '../document/platform.ts'
import { OciError } from '../errors.ts'
import type { ManifestBytes } from './image-source.ts'

/** Indexes that may lie one in another, the one that `index.json` names included. */
export const INDEX_LEVELS_MAX = 8

/** An artifact comes after every image. */
const ARTIFACT_RANK = 2

/** What is looked for, and how documents are read. */
export interface SelectManifestOptions {
  readonly tag: string | undefined
  readonly platform: Platform
  /** For messages: where the index lies. */
  readonly source: string
  /** Reads a document and checks its digest. */
  read(descriptor: Descriptor, what: string): Promise<Uint8Array>
}

/**
 * Chooses the manifest of an `index.json`: by tag, then by platform.
 *
 * Entries of `index.json` are for people, so more than one that fits is an error; in the indexes below the best one is
 * taken: without a variant before with one, earlier before later, an artifact only where there is no image. An
 * artifact that is tagged is taken whatever its platform.
 *
 * @throws OciError ERR_OCI_TAG_NOT_FOUND, ERR_OCI_AMBIGUOUS_TAG, ERR_OCI_NO_MATCHING_PLATFORM, ERR_OCI_INDEX_TOO_DEEP,
 * ERR_OCI_UNSUPPORTED_MEDIA_TYPE, and what reading and parsing the documents throws
 */
export async function selectManifest(
  index: IndexDocument,
  options: SelectManifestOptions,
): Promise<ManifestBytes> {
  return selectAmong(taggedEntries(index, options), options)
}

/**
 * Chooses the manifest below some entries, by platform: of an `index.json`, or the one document that a name in a
 * registry stands for.
 *
 * @throws OciError as selectManifest
 */
export async function selectAmong(
  entries: readonly Descriptor[],
  options: SelectManifestOptions,
): Promise<ManifestBytes> {
  const selection = new Selection(options)
  let candidates = await selection.candidates(entries, 0)
  if (candidates.length === 0) candidates = await selection.artifacts(entries)
  const best = bestOf(candidates)
  const [chosen] = best
  if (chosen === undefined) throw selection.nothingFits()
  // An artifact beside an image is as likely to be meant here, where both are named.
  const artifacts = candidates.filter(({ rank }) => rank === ARTIFACT_RANK && rank > chosen.rank)
  const left = [...best, ...bestOf(artifacts)]
  if (left.length > 1) throw ambiguous(left, options)
  const { descriptor } = chosen
  return {
    bytes: chosen.bytes ?? (await options.read(descriptor, 'manifest')),
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
  }
}

/** A manifest that could be taken. */
interface Candidate {
  readonly descriptor: Descriptor
  /** Smaller is better. */
  readonly rank: number
  /** Where they had to be read already. */
  readonly bytes?: Uint8Array
}

class Selection {
  readonly #options: SelectManifestOptions
  /** Indexes walked already. A document is walked once, so a web of indexes costs no more than its bytes. */
  readonly #walked = new Set<string>()
  /** Platforms of configs by digest, for the same reason. */
  readonly #configs = new Map<string, Platform | undefined>()
  readonly #offered = new Set<string>()
  #unsupported: Descriptor | undefined

  constructor(options: SelectManifestOptions) {
    this.#options = options
  }

  /** The manifests that fit among `entries` and, of each index among them, the best one. */
  async candidates(entries: readonly Descriptor[], level: number): Promise<Candidate[]> {
    const found: Candidate[] = []
    for (const descriptor of entries) {
      const role = mediaTypeRole(descriptor.mediaType)
      if (role === 'index') {
        const inside = await this.#fromIndex(descriptor, level + 1)
        if (inside !== undefined) found.push(inside)
      } else if (role === 'manifest') {
        const candidate = await this.#fromManifest(descriptor)
        if (candidate !== undefined) found.push(candidate)
      } else {
        this.#unsupported ??= descriptor
      }
    }
    return found
  }

  /** Artifacts among `entries` whose descriptor names another platform. */
  async artifacts(entries: readonly Descriptor[]): Promise<Candidate[]> {
    const found: Candidate[] = []
    for (const descriptor of entries) {
      if (mediaTypeRole(descriptor.mediaType) !== 'manifest') continue
      const bytes = await this.#options.read(descriptor, 'manifest')
      if (!isContainerImage(parseManifest(bytes, descriptor.mediaType))) {
        found.push({ descriptor, rank: ARTIFACT_RANK, bytes })
      }
    }
    return found
  }

  nothingFits(): OciError {
    const { platform, source, tag } = this.#options
    const unsupported = this.#unsupported
    if (unsupported !== undefined && this.#offered.size === 0) {
      const { mediaType, digest } = unsupported
      return new OciError(
        'ERR_OCI_UNSUPPORTED_MEDIA_TYPE',
        `${source}: ${digest} is neither an index nor a manifest: ${mediaType}`,
        { digest, mediaType },
      )
    }
    const choices = [...this.#offered].sort()
    const offer = choices.length === 0 ? 'nothing' : choices.join(', ')
    return new OciError(
      'ERR_OCI_NO_MATCHING_PLATFORM',
      `${source}: no image for ${formatPlatform(platform)}; there is ${offer}`,
      { expected: formatPlatform(platform), choices, ...(tag === undefined ? {} : { tag }) },
    )
  }

  async #fromIndex(descriptor: Descriptor, level: number): Promise<Candidate | undefined> {
    const { digest, mediaType, platform } = descriptor
    if (platform !== undefined && this.#rank(platform) === undefined) return undefined
    if (level > INDEX_LEVELS_MAX) throw tooDeep(digest, this.#options.source)
    if (this.#walked.has(digest)) return undefined
    this.#walked.add(digest)
    const index = parseIndex(await this.#options.read(descriptor, 'index'), mediaType)
    const candidates = await this.candidates(index.manifests, level)
    return bestOf(candidates)[0]
  }

  async #fromManifest(descriptor: Descriptor): Promise<Candidate | undefined> {
    if (descriptor.platform !== undefined) {
      const rank = this.#rank(descriptor.platform)
      return rank === undefined ? undefined : { descriptor, rank }
    }
    const bytes = await this.#options.read(descriptor, 'manifest')
    const manifest = parseManifest(bytes, descriptor.mediaType)
    if (!isContainerImage(manifest)) return { descriptor, rank: ARTIFACT_RANK, bytes }
    const platform = await this.#configPlatform(manifest.config)
    // A config that names no platform contradicts none.
    const rank = platform === undefined ? 0 : this.#rank(platform)
    return rank === undefined ? undefined : { descriptor, rank, bytes }
  }

  async #configPlatform(config: Descriptor): Promise<Platform | undefined> {
    if (!this.#configs.has(config.digest)) {
      const bytes = await this.#options.read(config, 'config')
      this.#configs.set(config.digest, parseConfig(bytes).platform)
    }
    return this.#configs.get(config.digest)
  }

  #rank(platform: Platform): number | undefined {
    const rank = platformRank(platform, this.#options.platform)
    if (rank === undefined) this.#offered.add(formatPlatform(platform))
    return rank
  }
}

/** @throws OciError ERR_OCI_INDEX_TOO_DEEP */
export function tooDeep(digest: string, source: string): OciError {
  return new OciError(
    'ERR_OCI_INDEX_TOO_DEEP',
    `${source}: more than ${INDEX_LEVELS_MAX} indexes one in another`,
    { digest, expected: INDEX_LEVELS_MAX },
  )
}

/**
 * The entries of an `index.json` that a tag names, each digest once.
 *
 * @throws OciError ERR_OCI_TAG_NOT_FOUND
 */
export function taggedEntries(
  index: IndexDocument,
  options: Pick<SelectManifestOptions, 'tag' | 'source'>,
): Descriptor[] {
  const { tag, source } = options
  const entries = index.manifests.filter(
    entry => tag === undefined || entry.annotations.get(REF_NAME) === tag,
  )
  if (entries.length === 0) {
    const names = index.manifests.map(entry => entry.annotations.get(REF_NAME))
    const choices = [...new Set(names.filter(name => name !== undefined))].sort()
    throw new OciError(
      'ERR_OCI_TAG_NOT_FOUND',
      tag === undefined ? `${source}: a layout without images` : `${source}: no image named ${tag}`,
      { choices, ...(tag === undefined ? {} : { tag }) },
    )
  }
  // The same manifest under several names is one choice.
  return [...new Map(entries.map(entry => [entry.digest, entry])).values()]
}

/** The candidates of the smallest rank, in order, each digest once. */
function bestOf(candidates: readonly Candidate[]): Candidate[] {
  let rank = Number.POSITIVE_INFINITY
  for (const candidate of candidates) rank = Math.min(rank, candidate.rank)
  const best = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const { digest } = candidate.descriptor
    if (candidate.rank === rank && !best.has(digest)) best.set(digest, candidate)
  }
  return [...best.values()]
}

function ambiguous(candidates: readonly Candidate[], options: SelectManifestOptions): OciError {
  const choices = candidates.map(({ descriptor }) => {
    const name = descriptor.annotations.get(REF_NAME)
    const platform = descriptor.platform === undefined ? [] : [formatPlatform(descriptor.platform)]
    return [...(name === undefined ? [] : [name]), descriptor.digest, ...platform].join(' ')
  })
  const { tag, source } = options
  return new OciError(
    'ERR_OCI_AMBIGUOUS_TAG',
    `${source}: more than one image${tag === undefined ? '' : ` named ${tag}`}: ${choices.join(', ')}`,
    { choices, ...(tag === undefined ? {} : { tag }) },
  )
}
