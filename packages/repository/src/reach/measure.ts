import { lstatSync } from 'node:fs'
import type { DigestSet } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import type { OnBroken } from './broken.ts'
import { type GraphNode, type ReachGraph, reachedFrom, readGraph } from './graph.ts'
import { objectFiles } from './object-files.ts'
import type { Root } from './root.ts'

/** Bytes of one block of `lstat`. */
const BLOCK = 512
/** Files between two moments in which others get a turn. */
const TURN = 4096
const NOBODY = 0xffff_ffff
const SEVERAL = 0xffff_fffe

/** How to measure. */
export interface MeasureOptions {
  /** Names of entries of `streams/` and `images/` that are roots too. */
  readonly roots?: readonly string[] | undefined
  /** Gets what is broken. What can be told without it is told. */
  readonly onBroken?: OnBroken | undefined
  /** Called now and then with the number of objects that have been measured. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A number of objects, and what they take. */
export interface Extent {
  readonly objects: number
  /** Sum of the lengths of the files. */
  readonly bytes: number
  /** What the files take of the file system. */
  readonly allocatedBytes: number
}

/** What one root keeps. */
export interface RootExtent extends Extent {
  readonly root: Root
  /** What would be garbage without this root. */
  readonly unique: Extent
}

/** What a repository holds, and for whom. */
export interface ReachMeasure {
  readonly roots: readonly RootExtent[]
  /** What any root needs and is there. */
  readonly live: Extent
  /** What the next garbage collection removes. */
  readonly unreferenced: Extent
}

/**
 * Measures what each root keeps. Objects that are needed but missing do not count.
 *
 * @example
 * const { roots } = await measureRoots(repository)
 * for (const { root, bytes, unique } of roots) console.log(root.name, bytes, unique.bytes)
 */
export async function measureRoots(
  repository: Repository,
  options: MeasureOptions = {},
): Promise<ReachMeasure> {
  const graph = await readGraph(repository, { ...options, onProgress: undefined })
  const sizes = await ObjectSizes.read(repository, graph.objects, options)
  const rootsAt = new Map<number, number>()
  for (const { node } of graph.roots) rootsAt.set(node, (rootsAt.get(node) ?? 0) + 1)
  // What a root reaches depends on the node it leads to: names by the thousand may lead to the same one.
  const owners = new Uint32Array(graph.objects.size).fill(NOBODY)
  const seen = new Uint32Array(graph.objects.size).fill(NOBODY)
  const extents = new Map<number, Extent>()
  for (const start of rootsAt.keys()) {
    const sum = new Sum()
    for (const object of objectsFrom(graph, start)) {
      if (seen[object] === start) continue
      seen[object] = start
      owners[object] = owners[object] === NOBODY ? start : SEVERAL
      sizes.addTo(sum, object)
    }
    extents.set(start, sum)
  }
  const own = new Map<number, Sum>()
  for (const [object, owner] of owners.entries()) {
    if (rootsAt.get(owner) !== 1) continue
    const sum = own.get(owner) ?? new Sum()
    own.set(owner, sum)
    sizes.addTo(sum, object)
  }
  return {
    roots: graph.roots.map(({ root, node }) => {
      const { objects, bytes, allocatedBytes } = extents.get(node) ?? new Sum()
      return { root, objects, bytes, allocatedBytes, unique: own.get(node) ?? new Sum() }
    }),
    live: sizes.live,
    unreferenced: sizes.unreferenced,
  }
}

function* objectsFrom(graph: ReachGraph, start: number): Generator<number> {
  for (const node of reachedFrom(graph, start)) yield* (graph.nodes[node] as GraphNode).objects
}

class Sum implements Extent {
  objects = 0
  bytes = 0
  allocatedBytes = 0

  add(bytes: number, allocatedBytes: number): void {
    this.objects++
    this.bytes += bytes
    this.allocatedBytes += allocatedBytes
  }
}

/** What the files of objects take: those of a set one by one, and the others together. */
class ObjectSizes {
  /** By index in the set; -1 for those that are missing. */
  readonly #bytes: Float64Array
  readonly #allocated: Float64Array
  readonly live = new Sum()
  readonly unreferenced = new Sum()

  private constructor(count: number) {
    this.#bytes = new Float64Array(count).fill(-1)
    this.#allocated = new Float64Array(count)
  }

  static async read(
    { layout, algorithm }: Repository,
    wanted: DigestSet,
    { onBroken = () => {}, onProgress, signal }: MeasureOptions,
  ): Promise<ObjectSizes> {
    const sizes = new ObjectSizes(wanted.size)
    const turns = new Turns(signal)
    let done = 0
    for (const { digest, path } of objectFiles(layout, algorithm, onBroken)) {
      if (done++ % TURN === 0) {
        await turns.give()
        onProgress?.(done - 1, undefined)
      }
      const status = lstatSync(path, { throwIfNoEntry: false })
      if (status === undefined) continue
      const allocated = status.blocks * BLOCK
      const index = wanted.indexOf(digest)
      if (index < 0) {
        sizes.unreferenced.add(status.size, allocated)
        continue
      }
      sizes.#bytes[index] = status.size
      sizes.#allocated[index] = allocated
      sizes.live.add(status.size, allocated)
    }
    onProgress?.(done, done)
    return sizes
  }

  addTo(sum: Sum, index: number): void {
    const bytes = this.#bytes[index] as number
    if (bytes >= 0) sum.add(bytes, this.#allocated[index] as number)
  }
}
