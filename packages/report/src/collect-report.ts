import type { Algorithm } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { findDuplicates } from './duplicates.ts'
import type { MergedStack, StackedLayer } from './layer-stack.ts'
import { ObjectTable } from './object-table.ts'
import { Outline } from './outline.ts'
import type {
  HiddenEntry,
  LargeFile,
  Report,
  ReportedImage,
  ReportedLayer,
  ReportProblem,
  ReportSubject,
  StoredObjects,
} from './report.ts'
import { Sharing, sharingOf } from './sharing.ts'
import { type TreeCounts, type TreeFile, visitFiles } from './tree-files.ts'
import { makeView } from './view.ts'
import { layerGroups, sharingGroups } from './view-groups.ts'

/** Rows of each list. */
const ROWS_MAX = 100

/** What is known of an image before anybody looks into it. */
export type ImageIdentity = Pick<
  ReportedImage,
  'names' | 'kind' | 'imageId' | 'manifestDigest' | 'configDigest' | 'created' | 'platform'
>

/** How a report counts. */
export interface CollectorOptions {
  /** By directory each `file` counts, as of one image, or each `object` once, wherever it comes first. */
  readonly counts: 'file' | 'object'
  /** Rows of each list; 100 unless given. */
  readonly rows?: number
}

type OpenImage = Omit<ReportedImage, 'sharing'>
type OpenLayer = Omit<ReportedLayer, 'images'> & { readonly images: number[]; outline: Outline }

/** Takes images one after the other, and keeps of each what a report needs: no tree stays. */
export class ReportCollector {
  /** The contents of all files. The stacks of layers are to use it. */
  readonly objects: ObjectTable
  readonly #options: CollectorOptions
  readonly #directories: Outline
  /** By what counts, a node of `#directories` or an object: the layer, where there is one. */
  readonly #layerOf = new Map<number, number>()
  /** By object: the node plus one where it came first. */
  #nodeOfObject = new Uint32Array(1024)
  readonly #sharing = new Sharing()
  readonly #images: OpenImage[] = []
  readonly #layers: OpenLayer[] = []
  readonly #layerIndex = new Map<string, number>()
  readonly #hidden = new Map<string, HiddenEntry>()
  readonly #problems: ReportProblem[] = []

  constructor(algorithm: Algorithm, options: CollectorOptions) {
    this.objects = new ObjectTable(algorithm)
    this.#options = options
    this.#directories = new Outline(algorithm)
  }

  /** Adds an image whose layers were merged. */
  addStack(identity: ImageIdentity, stack: MergedStack, layerOf: LayerOfInode): void {
    const image = this.#images.length
    const places = stack.layers.map(layer => this.#addLayer(layer, image))
    const placeOf = (inode: number) => {
      const layer = layerOf(inode)
      return layer === undefined ? undefined : places[layer]
    }
    this.#addImage(identity, stack.tree, placeOf, {
      layers: places,
      hiddenBytes: stack.layers.reduce((sum, { hiddenBytes }) => sum + hiddenBytes, 0),
    })
    for (const entry of stack.hidden) {
      if (entry.bytes === 0) continue
      const layer = places[entry.layer] as number
      const by = entry.by === undefined ? undefined : places[entry.by]
      const key = `${layer} ${by} ${Buffer.from(entry.path).toString('latin1')}`
      // Images that share layers have the same waste in them.
      if (!this.#hidden.has(key)) this.#hidden.set(key, { ...entry, image, layer, by })
    }
  }

  /** Adds an image that is nothing but a tree. */
  addTree(identity: ImageIdentity, tree: FileTree): void {
    this.#addImage(identity, tree, () => undefined, { layers: [], hiddenBytes: 0 })
  }

  /** Notes an image that cannot be looked at. */
  addProblem(problem: ReportProblem): void {
    this.#problems.push(problem)
  }

  /** The report. The collector is of no use afterwards. */
  finish(
    subject: ReportSubject,
    measure?: (shown: { objects: number; bytes: number }) => StoredObjects,
  ): Report {
    const { objects } = this
    const rows = this.#options.rows ?? ROWS_MAX
    const parts = this.#sharing.parts(objects)
    const sum = {
      objects: parts.reduce((total, part) => total + part.objects, 0),
      bytes: parts.reduce((total, part) => total + part.bytes, 0),
    }
    const hidden = [...this.#hidden.values()].sort((a, b) => b.bytes - a.bytes)
    const layers = this.#layers.map(({ outline: _, ...layer }) => layer)
    const sources = this.#layers.map(({ outline }, layer) => ({ layer, outline }))
    const ownFiles = [{ layer: undefined, outline: this.#directories }]
    return {
      subject,
      images: this.#images.map((image, i) => ({ ...image, sharing: sharingOf(i, parts) })),
      layers,
      objects: sum,
      stored: measure?.(sum),
      shared: parts.map(({ images, objects, bytes }) => ({ images, objects, bytes })),
      largest: this.#largest(rows),
      duplicates: findDuplicates(sources.length > 0 ? sources : ownFiles, objects, rows),
      hidden: {
        rows: hidden.slice(0, rows),
        total: hidden.length,
        bytes: hidden.reduce((total, entry) => total + entry.bytes, 0),
      },
      views: this.#views(),
      problems: this.#problems,
    }
  }

  #addImage(
    identity: ImageIdentity,
    tree: FileTree,
    layerOf: LayerOfInode,
    rest: Pick<OpenImage, 'layers' | 'hiddenBytes'>,
  ): void {
    this.#sharing.beginImage()
    let bytes = 0
    let inlineBytes = 0
    const counts: TreeCounts = visitFiles(tree, this.#directories, file => {
      bytes += file.bytes
      if (file.isInline) inlineBytes += file.bytes
      this.#addFile(file, layerOf(file.inode))
    })
    this.#images.push({ ...identity, ...counts, bytes, inlineBytes, ...rest })
  }

  #addFile(file: TreeFile, layer: number | undefined): void {
    const { digest, bytes, directory, name } = file
    const object = digest === undefined ? undefined : this.objects.intern(digest, bytes)
    if (object !== undefined) this.#sharing.add(object)
    const isNew = object !== undefined && (this.#nodeOfObject[object] ?? 0) === 0
    if (this.#options.counts === 'object' && !isNew) return
    const node = this.#directories.child(directory, name)
    this.#directories.addFile(node, bytes, object)
    const counted = this.#options.counts === 'object' ? object : node
    if (layer !== undefined && counted !== undefined) this.#layerOf.set(counted, layer)
    if (!isNew) return
    if (object >= this.#nodeOfObject.length) {
      const grown = new Uint32Array(Math.max(object + 1, this.#nodeOfObject.length * 2))
      grown.set(this.#nodeOfObject)
      this.#nodeOfObject = grown
    }
    this.#nodeOfObject[object] = node + 1
  }

  #addLayer({ diffId, outline, files, bytes, hiddenBytes }: StackedLayer, image: number): number {
    const known = this.#layerIndex.get(diffId)
    if (known !== undefined) {
      const { images } = this.#layers[known] as OpenLayer
      if (images.at(-1) !== image) images.push(image)
      return known
    }
    this.#layers.push({ diffId, outline, files, bytes, hiddenBytes, images: [image] })
    this.#layerIndex.set(diffId, this.#layers.length - 1)
    return this.#layers.length - 1
  }

  #largest(max: number): { rows: LargeFile[]; total: number } {
    return this.#options.counts === 'object' ? this.#largestObjects(max) : this.#largestFiles(max)
  }

  #largestFiles(max: number): { rows: LargeFile[]; total: number } {
    const outline = this.#directories
    const nodes: number[] = []
    for (let node = 0; node < outline.size; node++) if (outline.files(node) > 0) nodes.push(node)
    nodes.sort((a, b) => outline.bytes(b) - outline.bytes(a) || a - b)
    const rows = nodes.slice(0, max).map(node => ({
      path: outline.path(node),
      bytes: outline.bytes(node),
      layer: this.#layerOf.get(node),
      images: 1,
    }))
    return { rows, total: nodes.length }
  }

  /** Images may have different contents at one path: each counts for itself. */
  #largestObjects(max: number): { rows: LargeFile[]; total: number } {
    const { objects } = this
    const shown: number[] = []
    for (let object = 0; object < objects.size; object++) {
      if (this.#sharing.setOf(object) !== 0) shown.push(object)
    }
    shown.sort((a, b) => objects.bytes(b) - objects.bytes(a) || a - b)
    const rows = shown.slice(0, max).map(object => ({
      path: this.#directories.path((this.#nodeOfObject[object] as number) - 1),
      bytes: objects.bytes(object),
      layer: this.#layerOf.get(object),
      images: this.#sharing.imagesOf(this.#sharing.setOf(object)).length,
    }))
    return { rows, total: shown.length }
  }

  #views(): Report['views'] {
    const views = [makeView('directory', [{ outline: this.#directories }])]
    if (this.#layers.length > 0) views.push(makeView('layer', layerGroups(this.#layers)))
    if (this.#options.counts === 'object' && this.#images.length > 1) {
      views.unshift(makeView('sharing', this.#sharingGroups()))
    }
    return views
  }

  #sharingGroups() {
    return sharingGroups({
      sharing: this.#sharing,
      objects: this.objects,
      names: this.#images.map(imageLabel),
      pathOf: object => this.#directories.path((this.#nodeOfObject[object] as number) - 1),
      makeOutline: () => new Outline(this.objects.algorithm),
    })
  }
}

/** The layer of an image that brought an inode of its tree. */
export type LayerOfInode = (inode: number) => number | undefined

/** What people call an image. */
export function imageLabel(
  image: Pick<ReportedImage, 'names' | 'manifestDigest' | 'imageId'>,
): string {
  return image.names[0] ?? image.manifestDigest ?? image.imageId ?? 'image'
}
