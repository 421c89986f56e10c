import type { Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import type { OnBroken } from './broken.ts'
import { extraRoots } from './extra-roots.ts'
import { IndexList } from './index-list.ts'
import { objectOfRoot, type RepositoryNames, readNames } from './names.ts'
import { isImageRoot, type Root } from './root.ts'
import { type ReachNode, ReachWalk } from './walk-reach.ts'

/** A stream or an image, and what it refers to. */
export interface GraphNode extends ReachNode {
  /** Indexes in the graph's objects, its own first; some may come again. */
  readonly objects: Uint32Array
  /** The named references, also those that are no streams of the repository. */
  readonly named: readonly { readonly name: string; readonly object: Digest }[]
}

/** Which objects roots need, and by way of which streams and images. */
export interface ReachGraph {
  readonly names: RepositoryNames
  readonly objects: DigestSet
  readonly nodes: readonly GraphNode[]
  /** The roots that lead somewhere, and the number of the node they lead to. */
  readonly roots: readonly { readonly root: Root; readonly node: number }[]
  /** The numbers of the nodes that a node refers to by name. */
  childrenOf(node: number): readonly number[]
}

/** How to make a graph. */
export interface GraphOptions {
  /** Keep of the objects only these. */
  readonly only?: DigestSet
  /** Names of entries that are roots too. */
  readonly roots?: readonly string[] | undefined
  readonly onBroken?: OnBroken | undefined
  readonly onProgress?: ((nodes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads what the roots of a repository reach. What is broken is left out. */
export async function readGraph(
  repository: Repository,
  options: GraphOptions,
): Promise<ReachGraph> {
  const { onBroken = () => {}, only } = options
  const names = readNames(repository, onBroken)
  const roots = [...names.refs, ...extraRoots(names, options.roots ?? [])]
  const objects = new DigestSet(repository.algorithm)
  const drafts: { node: ReachNode; list: IndexList; named: GraphNode['named'][number][] }[] = []
  const add = (digest: Uint8Array) => {
    if (only !== undefined && !only.has(digest)) return
    objects.add(digest)
    drafts.at(-1)?.list.push(objects.indexOf(digest))
  }
  const walk = new ReachWalk(
    repository,
    {
      enter(node) {
        drafts.push({ node, list: new IndexList(), named: [] })
        add(node.object.bytes)
      },
      object: add,
      named(name, object) {
        drafts.at(-1)?.named.push({ name, object })
        add(object.bytes)
      },
    },
    { ...options, onBroken },
  )
  await walk.walk(names, roots)
  const nodes = drafts.map(({ node, list, named }) => ({ ...node, objects: list.toArray(), named }))
  return connect(names, { objects, nodes, roots })
}

function connect(
  names: RepositoryNames,
  found: { objects: DigestSet; nodes: readonly GraphNode[]; roots: readonly Root[] },
): ReachGraph {
  const { nodes, objects } = found
  const numbers = new Map(nodes.map((node, number) => [keyOf(node), number]))
  const roots = found.roots.flatMap(root => {
    const kind = isImageRoot(root) ? 'image' : 'stream'
    const object = objectOfRoot(names, root)
    const node = object && numbers.get(keyOf({ kind, object }))
    return node === undefined ? [] : [{ root, node }]
  })
  const children = new Map<number, readonly number[]>()
  const childrenOf = (node: number) => {
    const known = children.get(node)
    if (known !== undefined) return known
    const found = new Set<number>()
    for (const { object } of nodes[node]?.named ?? []) {
      const child = numbers.get(keyOf({ kind: 'stream', object }))
      if (child !== undefined) found.add(child)
    }
    const list = [...found]
    children.set(node, list)
    return list
  }
  return { names, objects, nodes, roots, childrenOf }
}

function keyOf({ kind, object }: ReachNode): string {
  return `${kind} ${object.hex}`
}

/** Yields a node and all that are reached from it, each once. */
export function* reachedFrom(graph: ReachGraph, node: number): Generator<number> {
  const seen = new Set([node])
  const pending = [node]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next
    for (const child of graph.childrenOf(next)) {
      if (seen.has(child)) continue
      seen.add(child)
      pending.push(child)
    }
  }
}
