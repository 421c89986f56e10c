import { type Dirent, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { decodeTag } from '@composefs/oci'

/** Directories of names that are looked into, one in another. */
const DEPTH_MAX = 16
const MANIFEST = 'oci-manifest-'
const TAGS = 'streams/refs/oci'

/** The tag of a container image with the digest of the manifest that it leads to; empty where it leads elsewhere. */
export interface Tag {
  readonly name: string
  readonly digest: string
}

/**
 * The names in a repository, read from its directories alone: nothing is opened, locked, upgraded or checked. What
 * cannot be read is not there. An answer asks for some of them several times: each directory is read once.
 */
export class RepositoryNames {
  readonly #path: string | undefined
  readonly #read = new Map<string, readonly Dirent[]>()

  constructor(path: string | undefined) {
    this.#path = path
  }

  tags(): Tag[] {
    return this.#list(TAGS)
      .filter(entry => entry.isSymbolicLink())
      .map(({ name }) => {
        const target = this.#target(join(TAGS, name))
        return {
          name: decodeTag(name),
          digest: target.startsWith(MANIFEST) ? target.slice(MANIFEST.length) : '',
        }
      })
  }

  /** Digests of all stored manifests, configs or layers. */
  digests(kind: 'manifest' | 'config' | 'layer'): string[] {
    const beginning = `oci-${kind}-`
    return this.streams().flatMap(id =>
      id.startsWith(beginning) ? [id.slice(beginning.length)] : [],
    )
  }

  /** Entries of `streams/`. */
  streams(): string[] {
    return this.#links('streams')
  }

  /** Ids of the images. */
  images(): string[] {
    return this.#links('images')
  }

  /** Names below `streams/refs` or `images/refs`, with the last part of what they lead to. */
  refs(of: 'streams' | 'images'): { readonly name: string; readonly target: string }[] {
    const found: { name: string; target: string }[] = []
    const look = (directory: string, above: string, depth: number): void => {
      for (const entry of this.#list(directory)) {
        const path = join(directory, entry.name)
        const name = above + entry.name
        if (entry.isSymbolicLink()) found.push({ name, target: this.#target(path) })
        else if (entry.isDirectory() && depth < DEPTH_MAX) look(path, `${name}/`, depth + 1)
      }
    }
    look(join(of, 'refs'), '', 0)
    return found.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Ids of the objects that begin with two digits. */
  objects(beginning: string): string[] {
    return this.#list(join('objects', beginning)).map(({ name }) => beginning + name)
  }

  #links(directory: string): string[] {
    return this.#list(directory)
      .filter(entry => entry.isSymbolicLink())
      .map(({ name }) => name)
  }

  #list(directory: string): readonly Dirent[] {
    const known = this.#read.get(directory)
    if (known !== undefined) return known
    const entries = this.#path === undefined ? [] : entriesOf(join(this.#path, directory))
    this.#read.set(directory, entries)
    return entries
  }

  /** The last part of what a link says. */
  #target(link: string): string {
    try {
      return readlinkSync(join(this.#path ?? '', link)).replace(/^.*\//, '')
    } catch {
      return ''
    }
  }
}

function entriesOf(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}
