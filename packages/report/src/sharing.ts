/** Objects that the same images have. */
export interface SharedPart {
  /** The images, by their place in the report, ascending. */
  readonly images: readonly number[]
  readonly objects: number
  readonly bytes: number
}

/** What an image has for itself: the two parts are all of it. */
export interface ImageSharing {
  readonly objects: number
  readonly bytes: number
  readonly uniqueObjects: number
  readonly uniqueBytes: number
  readonly sharedObjects: number
  readonly sharedBytes: number
}

const NO_ONE = 0

/**
 * Which images have which objects. Each object points to the set of images that have it; there are few sets, whatever
 * the number of objects, so an object costs four bytes for all images together.
 */
export class Sharing {
  /** The images of each set; the first one is empty. */
  readonly #sets: (readonly number[])[] = [[]]
  /** The set that comes of a set and one more image. */
  readonly #larger = new Map<string, number>()
  /** By object. */
  #setOf = new Uint32Array(1024)
  #image = -1

  /** Objects from now on are of the next image. */
  beginImage(): number {
    return ++this.#image
  }

  /** Notes that the image has an object; again changes nothing. */
  add(object: number): void {
    if (object >= this.#setOf.length) {
      const grown = new Uint32Array(Math.max(object + 1, this.#setOf.length * 2))
      grown.set(this.#setOf)
      this.#setOf = grown
    }
    const set = this.#setOf[object] as number
    if (this.#images(set).at(-1) === this.#image) return
    this.#setOf[object] = this.#withImage(set)
  }

  /** Number of the set of images that have an object; 0 for none. */
  setOf(object: number): number {
    return this.#setOf[object] ?? NO_ONE
  }

  /** The images of a set. */
  imagesOf(set: number): readonly number[] {
    return this.#images(set)
  }

  /** The sets with what is in them, the largest first, by their numbers. */
  parts(objects: {
    readonly size: number
    bytes(object: number): number
  }): (SharedPart & { readonly set: number })[] {
    const counts = new Float64Array(this.#sets.length)
    const bytes = new Float64Array(this.#sets.length)
    for (let object = 0; object < objects.size; object++) {
      const set = this.setOf(object)
      counts[set] = (counts[set] as number) + 1
      bytes[set] = (bytes[set] as number) + objects.bytes(object)
    }
    return this.#sets
      .map((images, set) => ({
        set,
        images,
        objects: counts[set] as number,
        bytes: bytes[set] as number,
      }))
      .filter(({ set, objects }) => set !== NO_ONE && objects > 0)
      .sort((a, b) => b.bytes - a.bytes || a.set - b.set)
  }

  #images(set: number): readonly number[] {
    return this.#sets[set] as readonly number[]
  }

  #withImage(set: number): number {
    const key = `${set}+${this.#image}`
    const known = this.#larger.get(key)
    if (known !== undefined) return known
    this.#sets.push([...this.#images(set), this.#image])
    this.#larger.set(key, this.#sets.length - 1)
    return this.#sets.length - 1
  }
}

/** What an image has for itself, of the parts of a report. */
export function sharingOf(image: number, parts: readonly SharedPart[]): ImageSharing {
  const sums = { uniqueObjects: 0, uniqueBytes: 0, sharedObjects: 0, sharedBytes: 0 }
  for (const { images, objects, bytes } of parts) {
    if (!images.includes(image)) continue
    if (images.length === 1) {
      sums.uniqueObjects += objects
      sums.uniqueBytes += bytes
    } else {
      sums.sharedObjects += objects
      sums.sharedBytes += bytes
    }
  }
  const objects = sums.uniqueObjects + sums.sharedObjects
  return { objects, bytes: sums.uniqueBytes + sums.sharedBytes, ...sums }
}
