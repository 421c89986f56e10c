import type { Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'
import { reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import { isContentError, type OnBroken } from './broken.ts'
import { objectOfRoot, type RepositoryNames } from './names.ts'
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
  readonly #turns: Turns
  readonly #streams: DigestSet
  readonly #images: DigestSet
  /** Objects of named references: streams, if an entry of `streams/` names them. */
  readonly #referenced: DigestSet
  /** The objects that could not be read, by kind and hex. */
  readonly #failed = new Map<string, { readonly reason: string; readonly neededBy?: string }>()
  readonly #pending: Pending[] = []
  #names: RepositoryNames | undefined
  #nodes = 0

  constructor(repository: Repository, visitor: ReachVisitor, options: ReachOptions) {
    this.#repository = repository
    this.#visitor = visitor
    this.#options = options
    this.#turns = new Turns(options.signal)
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
        this.#options.onBroken({ path: rootPath(root), reason, remedy: 'remove' })
      }
      await this.#drain()
    }
    // Streams that have got a name since they were referred to.
    for (const [, object] of names.streams.entries()) {
      if (this.#referenced.has(object.bytes)) this.#pending.push({ object, root: undefined })
    }
    await this.#drain()
    this.#tellFailed(names)
  }

  async #readRoot(root: Root): Promise<string | undefined> {
    const object = this.#names && objectOfRoot(this.#names, root)
    if (object === undefined) return `points to ${root.entry}, which is missing`
    if (!isImageRoot(root)) return this.#readStream(object, root)
    // The id is what may be mounted, and its object is not what another link says.
    if (root.entry.toLowerCase() !== object.hex) {
      return `images/${root.entry} points to the other object ${object.hex}`
    }
    return this.#readImage(object, root)
  }

  /** A worklist, no recursion: whoever made the streams chose how they refer to each other. */
  async #drain(): Promise<void> {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      await this.#readStream(next.object, next.root)
    }
  }

  /** Tells of streams that cannot be read by their names of now: since the last walk, one may have got a good stream. */
  #tellFailed({ streams }: RepositoryNames): void {
    if (this.#failed.size === 0) return
    for (const [id, object] of streams.entries()) {
      if (!this.#referenced.has(object.bytes)) continue
      const failure = this.#failed.get(`streams/${object.hex}`)
      if (failure === undefined) continue
      this.#options.onBroken({ path: `streams/${id}`, ...failure, remedy: 'remove' })
    }
  }

  /** Reads a stream unless it has been; gives the reason why it cannot be read. */
  async #readStream(object: Digest, root: Root | undefined): Promise<string | undefined> {
    if (!this.#streams.add(object.bytes)) return this.#failed.get(`streams/${object.hex}`)?.reason
    const node: ReachNode = { kind: 'stream', object }
    await this.#begin(node)
    try {
      await readStreamReferences(this.#repository, object, {
        object: digest => this.#visitor.object(digest),
        named: (name, target) => {
          this.#visitor.named(name, target)
          this.#referenced.add(target.bytes)
          if (this.#streams.has(target.bytes)) return
          if (this.#names?.streams.hasObject(target)) this.#pending.push({ object: target, root })
        },
      })
      return undefined
    } catch (error) {
      return this.#fail(node, error, root)
    }
  }

  /** Reads an image unless it has been; gives the reason why it cannot be read. */
  async #readImage(object: Digest, root: Root): Promise<string | undefined> {
    if (!this.#images.add(object.bytes)) return this.#failed.get(`images/${object.hex}`)?.reason
    const node: ReachNode = { kind: 'image', object }
    await this.#begin(node)
    try {
      readImageReferences(this.#repository, object, digest => this.#visitor.object(digest))
      return undefined
    } catch (error) {
      return this.#fail(node, error, root)
    }
  }

  async #begin(node: ReachNode): Promise<void> {
    // Reading is sync: signals and timers get a turn between two of them.
    await this.#turns.give()
    this.#options.onProgress?.(this.#nodes++)
    this.#visitor.enter(node)
  }

  #fail(node: ReachNode, error: unknown, root: Root | undefined): string {
    if (!isContentError(error)) throw error
    const reason = reasonOf(error)
    this.#failed.set(`${node.kind}s/${node.object.hex}`, {
      reason,
      ...(root === undefined ? {} : { neededBy: rootPath(root) }),
    })
    return reason
  }
}
