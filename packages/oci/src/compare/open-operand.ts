import { createReadStream } from 'node:fs'
import { type ErofsImage, type ErofsVersion, openImage } from '@composefs/erofs'
import { type Algorithm, type Digest, fsverityDigest, type Hashing } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { DumpParser, type FileTree } from '@composefs/tree'
import { buildTree } from '../build-tree.ts'
import { imageFormat, type LinkedImage, linkedImages } from '../store/image-references.ts'
import { openImageConfig, type StoredImageConfig } from '../store/open-image.ts'
import type { ResolvedReference } from '../store/resolve-reference.ts'
import { DEFAULT_XATTR_MODE, type XattrMode } from '../xattr-mode.ts'
import type { Operand } from './operand.ts'
import { readImageFile } from './operand-algorithm.ts'
import { readingFile } from './reading-file.ts'

/** A tree that is compared, and what is known of where it comes from. */
export interface ComparedTree {
  /** As it was named. */
  readonly word: string
  readonly kind: Operand['kind']
  readonly tree: FileTree
  /** Of its composefs image; undefined where there is none. */
  readonly id: Digest | undefined
  readonly version: ErofsVersion | undefined
  /** The image itself, where it was asked for. */
  readonly image: ErofsImage | undefined
  /** Of a container image: its layers. */
  readonly config: StoredImageConfig | undefined
}

/** What opening the tree that a word names needs. */
export interface OpenOperandOptions {
  readonly repository: Repository | undefined
  readonly hashing: Hashing
  /** Reads a directory as the tree of an image. */
  readDirectory(path: string, algorithm: Algorithm): Promise<FileTree>
  /** Keep the images of the trees that come from one. */
  readonly withImages?: boolean
  /** Of trees that are made from layers: `allowlist-only` unless given. */
  readonly xattrs?: XattrMode | undefined
  /** Take the boot variants of container images. */
  readonly bootable?: boolean | undefined
  /** Gets what is allowed in a layer but worth telling. */
  onWarning?(message: string): void
  /** Told where a step of the transform is left out. */
  onNotice?(message: string): void
  readonly signal?: AbortSignal | undefined
}

/** Where a tree is, and the algorithm that its digests shall be of where it does not say. */
export interface PlacedOperand {
  readonly word: string
  readonly operand: Operand
  readonly algorithm: Algorithm
}

/**
 * Opens what an operand names. Of a container image the composefs image is taken that its config refers to; without one
 * the layers are merged.
 *
 * @throws OciError, ErofsError, TreeError, RepositoryError for what cannot be read; the facts of what is wrong with a
 *   file have its path as `file`
 */
export async function openOperand(
  { word, operand, algorithm }: PlacedOperand,
  options: OpenOperandOptions,
): Promise<ComparedTree> {
  const nothing = { id: undefined, version: undefined, image: undefined, config: undefined }
  const base = { word, kind: operand.kind, ...nothing }
  switch (operand.kind) {
    case 'directory':
      return { ...base, tree: await options.readDirectory(operand.path, algorithm) }
    case 'dump': {
      const { path } = operand
      const tree = await readingFile(path, () => readDump(path, algorithm, options.signal))
      return { ...base, tree }
    }
    case 'image-file': {
      const { path } = operand
      return { ...base, ...(await readingFile(path, () => readImage(path, algorithm, options))) }
    }
    case 'image':
      return { ...base, ...openStored(requireRepository(options), operand.id, options) }
    case 'oci':
      return { ...base, ...(await openContainer(operand.reference, options)) }
  }
}

function readImage(path: string, algorithm: Algorithm, options: OpenOperandOptions) {
  const image = openImage(readImageFile(path))
  const tree = image.toTree(algorithm)
  const id = fsverityDigest(image.bytes, { algorithm, hashing: options.hashing })
  return { tree, id, ...imageFacts(image, options) }
}

async function openContainer(
  reference: ResolvedReference,
  options: OpenOperandOptions,
): Promise<Omit<ComparedTree, 'word' | 'kind'>> {
  const repository = requireRepository(options)
  const config = await openImageConfig(repository, reference)
  const linked = linkedImageOf(repository, config, options)
  if (linked !== undefined) return { ...openStored(repository, linked.digest, options), config }
  const { xattrs, bootable, onWarning, onNotice, signal } = options
  const tree = await buildTree(repository, config, {
    xattrs: xattrs ?? DEFAULT_XATTR_MODE,
    bootable: bootable ?? false,
    ...(onWarning === undefined ? {} : { onWarning: ({ message }) => onWarning(message) }),
    ...(onNotice === undefined ? {} : { onNotice }),
    signal,
  })
  return { tree, id: undefined, version: undefined, image: undefined, config }
}

/** The image that has the wanted tree: that of the repository's format first. */
function linkedImageOf(
  repository: Repository,
  { images }: StoredImageConfig,
  { xattrs, bootable = false }: OpenOperandOptions,
): LinkedImage | undefined {
  const format = imageFormat(repository.erofsVersions.default)
  const fitting = linkedImages(images).filter(
    image =>
      image.bootable === bootable &&
      image.xattrs === (xattrs ?? DEFAULT_XATTR_MODE) &&
      repository.images.has(image.digest),
  )
  return fitting.find(image => image.format === format) ?? fitting[0]
}

function openStored(
  repository: Repository,
  id: Digest,
  options: OpenOperandOptions,
): Omit<ComparedTree, 'word' | 'kind'> {
  using stored = repository.images.open(id)
  const { algorithm } = repository
  const image = openImage(stored.bytes(), { algorithm })
  return { tree: image.toTree(algorithm), id, ...imageFacts(image, options), config: undefined }
}

function imageFacts(
  image: ErofsImage,
  { withImages }: OpenOperandOptions,
): Pick<ComparedTree, 'image' | 'version'> {
  return { version: image.version, image: withImages === true ? image : undefined }
}

async function readDump(
  path: string,
  algorithm: Algorithm,
  signal: AbortSignal | undefined,
): Promise<FileTree> {
  const parser = new DumpParser(algorithm)
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted()
    parser.write(piece as Uint8Array)
  }
  return parser.finish()
}

function requireRepository({ repository }: OpenOperandOptions): Repository {
  if (repository === undefined) throw new TypeError('an operand of a repository without one')
  return repository
}
