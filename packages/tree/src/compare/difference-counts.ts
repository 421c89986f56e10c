import type { DifferingPart, TreeDifference } from './difference.ts'

/** How many names are not the same. */
export interface ChangeCounts {
  readonly added: number
  readonly removed: number
  readonly changed: number
}

/** The differences of two trees in numbers. */
export interface DifferenceCounts extends ChangeCounts {
  /** Changed names by what is not the same of them. */
  readonly parts: ReadonlyMap<DifferingPart, number>
  /** By the first component of the path, in bytes order; the root is `/`. Keys are bytes as Latin-1 text. */
  readonly directories: ReadonlyMap<string, ChangeCounts>
}

const SLASH = 0x2f

/** Counts differences while somebody else looks at them. */
export class DifferenceCounter {
  readonly #total = { added: 0, removed: 0, changed: 0 }
  readonly #parts = new Map<DifferingPart, number>()
  readonly #directories = new Map<string, { added: number; removed: number; changed: number }>()

  /** Counts one difference. */
  add({ change, parts, path }: TreeDifference): void {
    this.#total[change]++
    for (const part of parts) this.#parts.set(part, (this.#parts.get(part) ?? 0) + 1)
    const key = firstComponent(path)
    const known = this.#directories.get(key)
    if (known !== undefined) known[change]++
    else {
      const counts = { added: 0, removed: 0, changed: 0 }
      counts[change]++
      this.#directories.set(key, counts)
    }
  }

  /** All that has been counted. Aliases the counter. */
  counts(): DifferenceCounts {
    return { ...this.#total, parts: this.#parts, directories: this.#directories }
  }
}

function firstComponent(path: Uint8Array): string {
  const end = path.indexOf(SLASH, 1)
  let text = ''
  for (const byte of path.subarray(0, end < 0 ? path.length : end)) {
    text += String.fromCharCode(byte)
  }
  return text
}
