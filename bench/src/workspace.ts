import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPlain } from './measure/run-measured.ts'
import type { Place } from './rows/row.ts'

const TMPFS = '/dev/shm'

/**
 * Where repositories are made: new directories in memory and on a disk.
 *
 * Those on the disk stay until the end. For minutes after many files have been removed ext4 looks for inodes much
 * longer, whoever asks, and every measurement would suffer.
 */
export class Workspace {
  readonly #roots = new Map<Place, string>()
  readonly #parents: Readonly<Record<Place, string>>
  #count = 0

  constructor(options: { readonly tmpfs?: string; readonly disk?: string | undefined } = {}) {
    const { tmpfs = existsSync(TMPFS) ? TMPFS : tmpdir(), disk = tmpdir() } = options
    this.#parents = { tmpfs, disk }
  }

  /** The directory that all of a place is below. */
  parent(place: Place): string {
    return this.#parents[place]
  }

  /** A new, empty directory. */
  fresh(place: Place): string {
    const path = join(this.#root(place), String(this.#count++))
    mkdirSync(path)
    return path
  }

  /** Says that a directory is not needed any more. */
  drop(place: Place, path: string): void {
    if (place === 'tmpfs') rmSync(path, { recursive: true, force: true })
  }

  /** Writes out what others left to be written, so that a sample does not pay for it. */
  settle(place: Place): void {
    if (place === 'disk') runPlain(['sync', '-f', this.#root(place)])
  }

  /** Removes everything. */
  close(): void {
    for (const root of this.#roots.values()) rmSync(root, { recursive: true, force: true })
    this.#roots.clear()
  }

  #root(place: Place): string {
    const known = this.#roots.get(place)
    if (known !== undefined) return known
    mkdirSync(this.#parents[place], { recursive: true })
    const root = mkdtempSync(join(this.#parents[place], 'composefs-bench-run-'))
    this.#roots.set(place, root)
    return root
  }
}
