import type { FileHandle } from 'node:fs/promises'
import { compressionOf } from '../compression-magic.ts'
import { decompress } from '../decompress/decompress.ts'
import type { ReadOptions } from '../disk/read-range.ts'
import { type Config, parseConfig } from '../document/config.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { dockerArchiveManifest } from '../document/docker-archive-manifest.ts'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { OCI_MANIFEST } from '../document/media-type.ts'
import { sha256Digest } from '../document/oci-digest.ts'
import { formatPlatform, platformRank } from '../document/platform.ts'
import { readAll, sizeMismatch } from '../document/read-document.ts'
import { OciError } from '../errors.ts'
import { type ArchiveMember, MAX_UNPACKED_SIZE, openMember } from './archive-file.ts'
import type { DockerArchiveIndex } from './docker-archive-index.ts'
import type { DockerArchiveEntry } from './docker-archive-list.ts'
import type { DockerArchiveOptions } from './docker-archive-options.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'

/** Enough for every magic. */
const HEAD_SIZE = 512

/** An open archive, and which image of it is meant. */
export interface DockerArchivePlace {
  readonly file: FileHandle
  readonly path: string
  readonly index: DockerArchiveIndex
  readonly entry: DockerArchiveEntry
}

/** One file of a layer. */
interface Layer {
  readonly member: ArchiveMember
  readonly isPacked: boolean
}

/** An image in an archive; see openDockerArchive. */
export class DockerArchiveImage implements ImageSource {
  readonly description: string
  readonly isLocal = true
  readonly #place: DockerArchivePlace
  readonly #maxUnpackedSize: number
  readonly #config: Uint8Array
  readonly #configDigest: string
  readonly #diffIds: readonly string[]
  /** By diff id. */
  readonly #layers: ReadonlyMap<string, Layer>
  #manifest: ManifestBytes | undefined

  private constructor(
    place: DockerArchivePlace,
    options: DockerArchiveOptions,
    parts: { config: Uint8Array; diffIds: readonly string[]; layers: ReadonlyMap<string, Layer> },
  ) {
    const { tag, maxUnpackedSize = MAX_UNPACKED_SIZE } = options
    this.description = `docker-archive:${place.path}${tag === undefined ? '' : `:${tag}`}`
    this.#place = place
    this.#maxUnpackedSize = maxUnpackedSize
    this.#config = parts.config
    this.#configDigest = sha256Digest(parts.config)
    this.#diffIds = parts.diffIds
    this.#layers = parts.layers
  }

  /** Takes the file over when it does not fail. */
  static async open(
    place: DockerArchivePlace,
    options: DockerArchiveOptions,
  ): Promise<DockerArchiveImage> {
    const bytes = await readConfig(place)
    const config = parseConfig(bytes)
    assertPlatform(config, place, options)
    const layers = await findLayers(config, place)
    return new DockerArchiveImage(place, options, {
      config: bytes,
      diffIds: config.diffIds,
      layers,
    })
  }

  async manifest({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ManifestBytes> {
    this.#manifest ??= await this.#makeManifest(signal)
    return this.#manifest
  }

  async *blob(
    descriptor: Descriptor,
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, mediaType } = descriptor
    if (digest === this.#configDigest) {
      yield this.#config.slice()
      return
    }
    const layer = this.#layers.get(digest)
    if (layer === undefined) {
      const source = this.description
      throw new OciError('ERR_OCI_MISSING_BLOB', `${source} has no blob ${digest}`, {
        digest,
        mediaType,
        path: this.#place.path,
      })
    }
    if (layer.isPacked) {
      yield* this.#unpack(layer, options.signal)
      return
    }
    const file = openMember(this.#place.file, this.#place.path, layer.member)
    if (file.size !== descriptor.size) throw sizeMismatch(descriptor, 'blob', file.size)
    yield* file.chunks(options)
  }

  close(): Promise<void> {
    return this.#place.file.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #makeManifest(signal: AbortSignal | undefined): Promise<ManifestBytes> {
    const sizes = new Map<string, number>()
    for (const [diffId, layer] of this.#layers) sizes.set(diffId, await this.#size(layer, signal))
    const bytes = dockerArchiveManifest(
      { digest: this.#configDigest, size: this.#config.length },
      this.#diffIds.map(digest => ({ digest, size: sizes.get(digest) ?? 0 })),
    )
    return { bytes, mediaType: OCI_MANIFEST, digest: sha256Digest(bytes) }
  }

  /** Bytes of the tar of a layer. Where it is packed there is no other way than to unpack it. */
  async #size(layer: Layer, signal: AbortSignal | undefined): Promise<number> {
    if (!layer.isPacked) return openMember(this.#place.file, '', layer.member).size
    let size = 0
    for await (const chunk of this.#unpack(layer, signal)) size += chunk.length
    return size
  }

  async *#unpack(
    { member }: Layer,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { file, path } = this.#place
    const limit = this.#maxUnpackedSize
    let size = 0
    for await (const chunk of decompress(openMember(file, path, member).chunks({ signal }))) {
      size += chunk.length
      if (size > limit) {
        throw new OciError(
          'ERR_OCI_BAD_ARCHIVE',
          `${path}: a layer unpacks to more than ${limit} bytes`,
          { path, expected: limit },
        )
      }
      yield chunk
    }
  }
}

async function readConfig({ file, path, index, entry }: DockerArchivePlace): Promise<Uint8Array> {
  const config = openMember(file, path, index.find(entry.config))
  if (config.size > JSON_SIZE_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_JSON',
      `${path}: a config of ${config.size} bytes: at most ${JSON_SIZE_MAX} are read`,
      { path, expected: JSON_SIZE_MAX, actual: config.size },
    )
  }
  const bytes = await readAll(config.chunks(), JSON_SIZE_MAX)
  assertNamedByDigest(bytes, entry.config, path)
  return bytes
}

/** `HEX.json`, `blobs/sha256/HEX`, `sha256:HEX`: whoever writes archives names the config by its digest. */
function assertNamedByDigest(bytes: Uint8Array, name: string, path: string): void {
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1]
  const actual = sha256Digest(bytes)
  if (hex === undefined || actual === `sha256:${hex}`) return
  throw new OciError(
    'ERR_OCI_DIGEST_MISMATCH',
    `${path}: the config sha256:${hex} has the digest ${actual}`,
    { path, digest: `sha256:${hex}`, expected: `sha256:${hex}`, actual },
  )
}

function assertPlatform(
  { platform }: Config,
  { path }: DockerArchivePlace,
  { platform: wanted }: DockerArchiveOptions,
): void {
  if (wanted === undefined || platform === undefined) return
  if (platformRank(platform, wanted) !== undefined) return
  const [expected, offered] = [formatPlatform(wanted), formatPlatform(platform)]
  throw new OciError(
    'ERR_OCI_NO_MATCHING_PLATFORM',
    `${path}: no image for ${expected}; there is ${offered}`,
    { expected, choices: [offered] },
  )
}

async function findLayers(
  { diffIds }: Config,
  { file, path, index, entry }: DockerArchivePlace,
): Promise<ReadonlyMap<string, Layer>> {
  const names = entry.layers
  if (names.length !== diffIds.length) {
    throw new OciError(
      'ERR_OCI_LAYER_COUNT_MISMATCH',
      `${path}: manifest.json has ${names.length} layers, the config ${diffIds.length} diff ids`,
      { expected: diffIds.length, actual: names.length },
    )
  }
  const layers = new Map<string, Layer>()
  for (const [i, diffId] of diffIds.entries()) {
    // A layer may come twice.
    if (layers.has(diffId)) continue
    const member = index.find(names[i] ?? '')
    layers.set(diffId, { member, isPacked: await isPacked(file, member) })
  }
  return layers
}

async function isPacked(file: FileHandle, member: ArchiveMember): Promise<boolean> {
  if ('data' in member) return compressionOf(member.data) !== undefined
  const head = Buffer.alloc(Math.min(HEAD_SIZE, member.size))
  await file.read(head, 0, head.length, member.offset)
  return compressionOf(head) !== undefined
}
