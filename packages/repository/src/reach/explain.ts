import type { Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import type { OnBroken } from './broken.ts'
import { type GraphNode, type ReachGraph, readGraph } from './graph.ts'
import { entryPath, type Root, rootPath } from './root.ts'

/** Most roots that are told of. */
const ROOTS_MAX = 64

/** How to explain. */
export interface ExplainOptions {
  /** Names of entries of `streams/` and `images/` that are roots too. */
  readonly roots?: readonly string[] | undefined
  readonly onBroken?: OnBroken | undefined
  readonly signal?: AbortSignal | undefined
}

/** Why an object stays. */
export interface Explanation {
  readonly root: Root
  /**
   * From the root to the object: the path of the ref, that of its entry, names of references of streams, and the path
   * of the object. `images/…` and `streams/…` are paths as seen from the repository.
   */
  readonly path: readonly string[]
}

/** A shortest way from each root that keeps an object, from 64 roots at most. None: the object is garbage. */
export async function explainObject(
  repository: Repository,
  id: Digest,
  options: ExplainOptions = {},
): Promise<readonly Explanation[]> {
  const only = new DigestSet(repository.algorithm)
  only.add(id.bytes)
  const graph = await readGraph(repository, { ...options, only })
  const steps = stepsTo(graph, id)
  const explanations: Explanation[] = []
  for (const { root, node } of graph.roots) {
    if (explanations.length === ROOTS_MAX) break
    const step = steps.get(node)
    if (step === undefined) continue
    const entry = entryPath(root)
    const path = rootPath(root) === entry ? [entry] : [rootPath(root), entry]
    for (let at: Step | undefined = step; at !== undefined; at = at.next) {
      if (at.name !== undefined) path.push(at.name)
    }
    explanations.push({ root, path: [...path, `objects/${id.objectPath}`] })
  }
  return explanations
}

/** The first step of a shortest way from a node to the object. */
interface Step {
  /** The named reference to take; undefined when the node has the object itself or refers to it without a name. */
  readonly name: string | undefined
  readonly next: Step | undefined
}

/** For each node that leads to the object, how to get there. */
function stepsTo(graph: ReachGraph, id: Digest): ReadonlyMap<number, Step> {
  const parents = parentsOf(graph)
  const steps = new Map<number, Step>()
  for (const [number, node] of graph.nodes.entries()) {
    if (node.objects.length === 0) continue
    steps.set(number, {
      name: node.object.equals(id) ? undefined : nameOf(node, id),
      next: undefined,
    })
  }
  // Breadth first, from those that have it to those that refer to them; a Map yields what is added on the way.
  for (const [number, next] of steps) {
    const { object } = graph.nodes[number] as GraphNode
    for (const parent of parents.get(number) ?? []) {
      if (steps.has(parent)) continue
      steps.set(parent, { name: nameOf(graph.nodes[parent] as GraphNode, object), next })
    }
  }
  return steps
}

function parentsOf(graph: ReachGraph): ReadonlyMap<number, readonly number[]> {
  const parents = new Map<number, number[]>()
  for (const number of graph.nodes.keys()) {
    for (const child of graph.childrenOf(number)) {
      const list = parents.get(child)
      if (list === undefined) parents.set(child, [number])
      else list.push(number)
    }
  }
  return parents
}

function nameOf({ named }: GraphNode, id: Digest): string | undefined {
  return named.find(({ object }) => object.equals(id))?.name
}
