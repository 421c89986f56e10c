import type { Digest } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import { isContentError, type OnBroken, reasonOf } from './broken.ts'
import { DigestSet } from './digest-set.ts'
import type { RepositoryNames } from './names.ts'
import { readImageReferences, readStreamReferences } from './references.ts'
import { isImageRoot, type Root, rootPath } from './root.ts'

/** What a walk comes by. */
export interface ReachVisitor {
  /** A stream or an image: what comes next is what it refers to. */
  enter(node: ReachNode): void
  /** An object that the node needs. The bytes are valid during the call; the same object may come again. */
  object(digest: Uint8Array): void
  /** A named reference of the node. It is needed like any object, and walked when it is an entry of `streams/`. */
  named(name: string, object: Digest): void
}

/** A stream or an image that roots reach. */
export interface ReachNode {
  readonly kind: 'stream' | 'image'
  readonly object: Digest
}

/** How to walk. */
export interface ReachOptions {
  readonly onBroken: OnBroken
  /** Called before each stream and image with the number of those that have been read. */
  readonly onProgress?: ((nodes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

interface Pending {
  readonly object: Digest
  /** The entry of `streams/`. */
  readonly id: string
  readonly root: Root | undefined
}

/**
 * Walks what roots reach: streams by their named references, images, and the objects of both. Every stream and image
 * is read once, however many names and roots lead to it, and also when names are walked again that have changed.
 */
export class ReachWalk {
  readonly #repository: Repository
  readonly #visitor: ReachVisitor
  readonly #options: ReachOptions
  readonly #streams: DigestSet
  readonly #images: DigestSet
  /** Objects of named references: streams, if an entry of `streams/` names them. */
  readonly #referenced: DigestSet
  /** Why objects could not be read, by kind and hex. */
  readonly #failed = new Map<string, string>()
  readonly #pending: Pending[] = []
  #names: RepositoryNames | undefined
  #nodes = 0

  constructor(repository: Repository, visitor: ReachVisitor, options: ReachOptions) {
    this.#repository = repository
    this.#visitor = visitor
    this.#options = options
    const { algorithm } = repository
    this.#streams = new DigestSet(algorithm)
    this.#images = new DigestSet(algorithm)
    this.#referenced = new DigestSet(algorithm)
  }

  /** Reads what the roots reach and has not been read before. */
  async walk(names: RepositoryNames, roots: readonly Root[]): Promise<void> {
    this.#names = names
    for (const root of roots) {
      const reason = await this.#readRoot(root)
      if (reason !== undefined) {
        this.#options.onBroken({ path: rootPath(root), reason, isLink: true })
      }
      await this.#drain()
    }
    // Streams that have got a name since they were referred to.
    for (const [id, object] of names.streams.entries()) {
      if (!this.#referenced.has(object.bytes)) continue
      this.#pending.push({ object, id, root: undefined })
    }
    await this.#drain()
  }

  async #readRoot(root: Root): Promise<string | undefined> {
    const isImage = isImageRoot(root)
    const object = this.#names?.[isImage ? 'images' : 'streams'].get(root.entry)
    if (object === undefined) return `points to ${root.entry}, which is missing`
    if (!isImage) return this.#readStream(object, root)
    // The id is what may be mounted, and its object is not what another link says.
    if (root.entry.toLowerCase() !== object.hex) {
      return `images/${root.entry} points to the other object ${object.hex}`
    }
    return this.#readImage(object)
  }

  /** A worklist, no recursion: whoever made the streams chose how they refer to each other. */
  async #drain(): Promise<void> {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const { id, object, root } = next
      if (this.#streams.has(object.bytes)) continue
      const reason = await this.#readStream(object, root)
      if (reason === undefined) continue
      const neededBy = root === undefined ? {} : { neededBy: rootPath(root) }
      this.#options.onBroken({ path: `streams/${id}`, reason, ...neededBy, isLink: true })
    }
  }

  /** Reads a stream unless it has been; gives the reason why it cannot be read. */
  async #readStream(object: Digest, root: Root | undefined): Promise<string | undefined> {
    if (!this.#streams.add(object.bytes)) return this.#failed.get(`streams/${object.hex}`)
    await this.#begin({ kind: 'stream', object })
    try {
      await readStreamReferences(this.#repository, object, {
        object: digest => this.#visitor.object(digest),
        named: (name, target) => {
          this.#visitor.named(name, target)
          this.#referenced.add(target.bytes)
          const id = this.#names?.streams.idOf(target)
          if (id === undefined || this.#streams.has(target.bytes)) return
          this.#pending.push({ object: target, id, root })
        },
      })
      return undefined
    } catch (error) {
      return this.#fail('streams', object, error)
    }
  }

  /** Reads an image unless it has been; gives the reason why it cannot be read. */
  async #readImage(object: Digest): Promise<string | undefined> {
    if (!this.#images.add(object.bytes)) return this.#failed.get(`images/${object.hex}`)
    await this.#begin({ kind: 'image', object })
    try {
      readImageReferences(this.#repository, object, digest => this.#visitor.object(digest))
      return undefined
    } catch (error) {
      return this.#fail('images', object, error)
    }
  }

  async #begin(node: ReachNode): Promise<void> {
    // Reading is sync: signals and timers get a turn between two of them.
    await new Promise(resolve => setImmediate(resolve))
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.(this.#nodes++)
    this.#visitor.enter(node)
  }

  #fail(kind: 'streams' | 'images', object: Digest, error: unknown): string {
    if (!isContentError(error)) throw error
    const reason = reasonOf(error, this.#repository.layout.object(object))
    this.#failed.set(`${kind}/${object.hex}`, reason)
    return reason
  }
}
