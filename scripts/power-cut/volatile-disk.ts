import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/** What a disk writes as a whole, and what a cut keeps or loses as a whole. */
export const SECTOR = 512

/** What a power cut did to the writes that no flush had covered. */
export interface CutOutcome {
  readonly lost: number
  readonly kept: number
}

/**
 * A disk with a write cache that loses its content without power: a file holds what was written, and of every sector
 * that was written since the last flush the old content is kept aside. A cut puts some of that back.
 */
export class VolatileDisk {
  readonly #file: number
  readonly size: number
  /** Sectors that were written since the last flush, and what was in them before that. */
  readonly #before = new Map<number, Uint8Array>()

  constructor(path: string) {
    this.#file = openSync(path, 'r+')
    this.size = fstatSync(this.#file).size
    if (this.size % SECTOR !== 0) throw new RangeError(`${path}: no whole number of sectors`)
  }

  /** Sectors that a cut would endanger now. */
  get unflushed(): number {
    return this.#before.size
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = Buffer.alloc(length)
    readSync(this.#file, bytes, 0, length, offset)
    return bytes
  }

  /** `offset` and the length are multiples of the sector. */
  write(offset: number, bytes: Uint8Array): void {
    const old = this.read(offset, bytes.length)
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const sector = (offset + at) / SECTOR
      if (!this.#before.has(sector)) this.#before.set(sector, old.subarray(at, at + SECTOR))
    }
    writeSync(this.#file, bytes, 0, bytes.length, offset)
  }

  /** From here on what was written so far survives. */
  flush(): void {
    this.#before.clear()
  }

  /**
   * The power goes: every sector in the cache is lost unless `isKept` says that the disk had written it already. Which
   * those are is up to the disk, so any choice is a possible one, whatever the order of the writes.
   */
  cut(isKept: () => boolean): CutOutcome {
    let lost = 0
    const total = this.#before.size
    for (const [sector, bytes] of this.#before) {
      if (isKept()) continue
      writeSync(this.#file, bytes, 0, SECTOR, sector * SECTOR)
      lost += 1
    }
    this.#before.clear()
    return { lost, kept: total - lost }
  }

  close(): void {
    closeSync(this.#file)
  }
}
