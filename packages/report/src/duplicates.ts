import type { ObjectTable } from './object-table.ts'
import type { Outline } from './outline.ts'
import type { DuplicateContent } from './report.ts'

/** Places that are told of one content. */
const PLACES_MAX = 12

/** Where contents may come more than once: a layer, or the tree of an image without layers. */
export interface DuplicateSource {
  readonly layer: number | undefined
  readonly outline: Outline
}

/** Contents that come more than once, the costliest first. */
export interface Duplicates {
  readonly rows: readonly DuplicateContent[]
  readonly total: number
  readonly repeatedBytes: number
}

/** Finds what several layers hold, or one layer in several places; `max` rows of it. */
export function findDuplicates(
  sources: readonly DuplicateSource[],
  objects: ObjectTable,
  max: number,
): Duplicates {
  const copies = new Uint32Array(objects.size)
  const layers = new Uint32Array(objects.size)
  const lastSource = new Uint32Array(objects.size)
  for (const [i, { outline }] of sources.entries()) {
    for (let node = 0; node < outline.size; node++) {
      const object = outline.object(node)
      if (object === undefined) continue
      copies[object] = (copies[object] as number) + 1
      if (lastSource[object] === i + 1) continue
      lastSource[object] = i + 1
      layers[object] = (layers[object] as number) + 1
    }
  }
  const repeated = (object: number) => ((copies[object] as number) - 1) * objects.bytes(object)
  const found: number[] = []
  let repeatedBytes = 0
  for (let object = 0; object < objects.size; object++) {
    if ((copies[object] as number) < 2) continue
    found.push(object)
    repeatedBytes += repeated(object)
  }
  found.sort((a, b) => repeated(b) - repeated(a) || a - b)
  const top = found.slice(0, max)
  const places = placesOf(new Set(top), sources)
  const rows = top.map(object => ({
    object: objects.hex(object),
    bytes: objects.bytes(object),
    copies: copies[object] as number,
    layers: layers[object] as number,
    repeatedBytes: repeated(object),
    places: places.get(object) ?? [],
  }))
  return { rows, total: found.length, repeatedBytes }
}

function placesOf(
  wanted: ReadonlySet<number>,
  sources: readonly DuplicateSource[],
): Map<number, { layer: number | undefined; path: Uint8Array }[]> {
  const places = new Map<number, { layer: number | undefined; path: Uint8Array }[]>()
  for (const { layer, outline } of sources) {
    for (let node = 0; node < outline.size; node++) {
      const object = outline.object(node)
      if (object === undefined || !wanted.has(object)) continue
      const known = places.get(object) ?? []
      if (known.length === 0) places.set(object, known)
      if (known.length < PLACES_MAX) known.push({ layer, path: outline.path(node) })
    }
  }
  return places
}
