import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Part of the names of what is cached; another one when the generators change. */
const GENERATION = 2

/** Inputs that have been made, kept from run to run: BENCH_CACHE, or a directory below that of the system. */
export class InputCache {
  readonly #directory: string
  readonly #onMake: (name: string) => void

  constructor(
    options: { readonly directory?: string | undefined; onMake?(name: string): void } = {},
  ) {
    this.#directory = options.directory ?? join(tmpdir(), 'composefs-bench')
    this.#onMake = options.onMake ?? (() => {})
  }

  /** The path of an input, which is made when it is not there. `make` writes a file or makes a directory. */
  async get(name: string, make: (path: string) => unknown): Promise<string> {
    const path = join(this.#directory, `${GENERATION}-${name}`)
    if (existsSync(path)) return path
    this.#onMake(name)
    mkdirSync(this.#directory, { recursive: true })
    const partial = `${path}.partial`
    rmSync(partial, { recursive: true, force: true })
    await make(partial)
    renameSync(partial, path)
    return path
  }
}
