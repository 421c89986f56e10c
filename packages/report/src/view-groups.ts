import { encodeUtf8 } from '@composefs/bytes'
import type { ObjectTable } from './object-table.ts'
import type { Outline } from './outline.ts'
import type { Sharing } from './sharing.ts'
import type { ViewGroup } from './view.ts'

/** Sets of images that have a group of their own in the view of what is shared. */
const SETS_MAX = 24
/** Digits that digests are told by. */
const SHORT = 12

/** A group for each layer. */
export function layerGroups(
  layers: readonly { readonly diffId: string; readonly outline: Outline }[],
): ViewGroup[] {
  return layers.map(({ diffId, outline }, index) => ({
    name: encodeUtf8(`Layer ${index + 1} · ${shortDigest(diffId)}`),
    outline,
  }))
}

/** What the groups of shared contents are made of. */
export interface SharingGroupsOptions {
  readonly sharing: Sharing
  readonly objects: ObjectTable
  /** What the images are called. */
  readonly names: readonly string[]
  /** Where an object came first. */
  pathOf(object: number): Uint8Array
  makeOutline(): Outline
}

/** A group for each set of images with contents in common; the small ones are one together. */
export function sharingGroups(options: SharingGroupsOptions): ViewGroup[] {
  const { sharing, objects, names } = options
  const groups: { name: Uint8Array; outline: Outline }[] = []
  const groupOf = new Map<number, Outline>()
  for (const { set, images } of sharing.parts(objects)) {
    const rest = groups[SETS_MAX - 1]
    if (rest !== undefined) {
      rest.name = encodeUtf8('Other combinations of images')
      groupOf.set(set, rest.outline)
      continue
    }
    const outline = options.makeOutline()
    groups.push({ name: encodeUtf8(setLabel(images, names)), outline })
    groupOf.set(set, outline)
  }
  for (let object = 0; object < objects.size; object++) {
    const outline = groupOf.get(sharing.setOf(object))
    if (outline === undefined) continue
    outline.addFile(outline.at(options.pathOf(object)), objects.bytes(object), object)
  }
  return groups
}

function setLabel(images: readonly number[], names: readonly string[]): string {
  const labels = images.map(image => names[image] as string)
  if (labels.length === 1) return `Only in ${labels[0]}`
  if (labels.length === names.length) return `In all ${labels.length} images`
  return `In ${labels.join(', ')}`
}

/** The first digits of a digest, without its algorithm. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, SHORT)
}
