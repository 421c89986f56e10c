import { concatBytes, showUtf8 } from '@composefs/bytes'
import { SHA512 } from '@composefs/fsverity'
import {
  type LayerPath,
  type OpenSourceOptions,
  openSource,
  parseLayerPath,
  readEntries,
  type TarEntry,
} from '@composefs/oci'
import { LayerStack, ObjectTable } from '@composefs/report'
import { commandsOf } from './commands-of.ts'
import type { Extent, ImageFile, ImageLayer, ImageLayers } from './image-layers.ts'

/** How to read an image. */
export interface ImageFilesOptions extends OpenSourceOptions {
  readonly signal?: AbortSignal
}

/**
 * What is in an image, layer by layer, and what each layer adds, hides and wastes. The image is in a registry, an
 * archive or a layout; every layer is checked while it is read, and nothing is stored.
 *
 * @throws OciError, RegistryError; the reason of `signal`
 */
export async function imageFiles(
  reference: string,
  options: ImageFilesOptions = {},
): Promise<ImageLayers> {
  await using source = await openSource(reference, options)
  const account = new LayerAccount()
  const { manifestDigest, config, layers } = await readEntries(source, {
    algorithm: SHA512,
    onLayer: ({ diffId }) => account.beginLayer(diffId),
    onEntry: entry => account.add(entry),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const commands = commandsOf(config)
  return {
    manifestDigest,
    layers: account.finish().map((layer, index) => {
      const createdBy = commands[index]
      const packedSize = layers[index]?.descriptor.size ?? 0
      return { ...layer, packedSize, ...(createdBy === undefined ? {} : { createdBy }) }
    }),
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface OpenLayer {
  readonly id: string
  readonly files: ImageFile[]
  readonly whiteouts: string[]
  readonly opaqueWhiteouts: string[]
  /** Contents that a layer below has, too, or this one before. */
  readonly repeated: Mutable<Extent>
}

/** Keeps what each layer has while the layers come in. */
class LayerAccount {
  readonly #stack = new LayerStack(SHA512, new ObjectTable(SHA512))
  readonly #layers: OpenLayer[] = []
  readonly #contents = new Set<string>()

  beginLayer(diffId: string): void {
    this.#stack.beginLayer({ diffId })
    this.#layers.push({
      id: diffId,
      files: [],
      whiteouts: [],
      opaqueWhiteouts: [],
      repeated: { files: 0, bytes: 0 },
    })
  }

  add(entry: TarEntry): void {
    const layer = this.#layers.at(-1)
    if (layer === undefined) throw new TypeError('an entry before its layer')
    this.#stack.apply(entry)
    const path = parseLayerPath(entry.path)
    if (path.kind === 'whiteout') layer.whiteouts.push(textOf(path))
    if (path.kind === 'opaque') layer.opaqueWhiteouts.push(textOf(path))
    if (path.kind !== 'entry' && path.kind !== 'root') return
    layer.files.push(describe(entry, textOf(path)))
    if (entry.content?.kind !== 'external') return
    const { hex } = entry.content.digest
    if (this.#contents.has(hex)) count(layer.repeated, 1, entry.size)
    this.#contents.add(hex)
  }

  finish(): Omit<ImageLayer, 'packedSize' | 'createdBy'>[] {
    const { layers, hidden } = this.#stack.finish()
    return this.#layers.map(({ repeated, ...layer }, index) => {
      const hides = { files: 0, bytes: 0 }
      const unseen = { files: 0, bytes: 0 }
      for (const entry of hidden) {
        if (entry.by === index) count(hides, entry.files, entry.bytes)
        if (entry.layer === index) count(unseen, entry.files, entry.bytes)
      }
      const { files = 0, bytes = 0 } = layers[index] ?? {}
      return { ...layer, adds: { files, bytes }, hides, wastes: { unseen, repeated } }
    })
  }
}

function count(extent: Mutable<Extent>, files: number, bytes: number): void {
  extent.files += files
  extent.bytes += bytes
}

/** The path that is meant, without the mark of a whiteout. */
function textOf(path: LayerPath): string {
  const parents = 'parents' in path ? path.parents : []
  const components = 'name' in path ? [...parents, path.name] : parents
  const slash = Uint8Array.of(0x2f)
  if (components.length === 0) return '/'
  return showUtf8(concatBytes(components.flatMap(component => [slash, component])))
}

function describe(entry: TarEntry, path: string): ImageFile {
  const time = new Date(Number(entry.mtimeSeconds) * 1000)
  const { mode, uid, gid, size } = entry
  // A tar has one time of each file.
  const file = { path, mode, uid, gid, size, atime: time, ctime: time, mtime: time }
  if (entry.kind === 'directory') return { ...file, type: 'directory' }
  if (entry.kind === 'symlink')
    return { ...file, type: 'symlink', linkPath: showUtf8(entry.target) }
  if (entry.kind === 'hardlink') return { ...file, type: 'file', linkPath: showUtf8(entry.target) }
  return { ...file, type: 'file' }
}
