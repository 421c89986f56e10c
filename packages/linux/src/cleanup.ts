import { closeSync, constants, openSync, readlinkSync } from 'node:fs'
import { descriptorPath } from './files.ts'
import type { PathLike } from './path.ts'

const O_PATH = 0o10000000

/** What a piece of work has to give back, however it ends. */
export class Cleanup {
  readonly #steps: (() => void)[] = []

  /** Adds a step. Steps run in the opposite order, each whether or not the others failed. */
  add(step: () => void): void {
    this.#steps.push(step)
  }

  /** Opens a directory as a place only: neither readable nor kept busy after the work. */
  directory(path: PathLike): OpenDirectory {
    const flags = O_PATH | constants.O_DIRECTORY
    const file = openSync(typeof path === 'string' ? path : Buffer.from(path), flags)
    this.add(() => closeSync(file))
    return { file, path: readlinkSync(descriptorPath(file), 'buffer') }
  }

  /**
   * Does the work, then all steps, and returns what the work does.
   *
   * @throws the error of the work, else the first of the steps
   */
  after<T>(work: () => T): T {
    let result: T
    try {
      result = work()
    } catch (error) {
      this.#run()
      throw error
    }
    const [error] = this.#run()
    if (error !== undefined) throw error
    return result
  }

  #run(): unknown[] {
    const errors: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        step()
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }
}

/** A directory that is open, with its canonical path. */
export interface OpenDirectory {
  readonly file: number
  readonly path: Uint8Array
}
