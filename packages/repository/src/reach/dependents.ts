import { toHex } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import type { OnBroken } from './broken.ts'
import { type ReachGraph, reachedFrom, readGraph } from './graph.ts'
import type { Root } from './root.ts'
import { RootSets } from './root-sets.ts'

/** How to ask what needs objects. */
export interface DependentsOptions {
  /** Gets what is broken. What can be told without it is told. */
  readonly onBroken?: OnBroken | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Which roots need each of these objects, by the object's hex. The objects need not be there; those that no root needs
 * are not in the result. A stream that cannot be read needs itself alone.
 *
 * The repository is read once, whatever the number of objects, and objects that the same roots need share one list.
 *
 * @example
 * const [object] = report.findings.flatMap(({ digest }) => digest ?? [])
 * const dependents = await findDependents(repository, [object])
 * for (const { name } of dependents.get(object.hex) ?? []) console.log(`${name} is damaged`)
 */
export async function findDependents(
  repository: Repository,
  objects: Iterable<Digest>,
  options: DependentsOptions = {},
): Promise<ReadonlyMap<string, readonly Root[]>> {
  const only = new DigestSet(repository.algorithm)
  for (const { bytes } of objects) only.add(bytes)
  const graph = await readGraph(repository, { ...options, only })
  const sets = new RootSets(graph.roots.map(({ root }) => root))
  const reaching = rootsOfNodes(graph, sets)
  const setsOf = new Map<number, number[]>()
  for (const [number, { objects }] of graph.nodes.entries()) {
    const roots = reaching.get(number) ?? RootSets.EMPTY
    for (const object of objects) append(setsOf, object, roots)
  }
  const dependents = new Map<string, readonly Root[]>()
  for (const [object, found] of setsOf) {
    const set = sets.union(found)
    if (set === RootSets.EMPTY) continue
    dependents.set(toHex(graph.objects.at(object)), sets.roots(set))
  }
  return dependents
}

/** The set of roots that lead to each node with an object that is asked for. */
function rootsOfNodes(graph: ReachGraph, sets: RootSets): ReadonlyMap<number, number> {
  const starts = new Map<number, number[]>()
  for (const [index, { node }] of graph.roots.entries()) append(starts, node, index)
  const indexesAt = new Map<number, number[]>()
  // Once for each node that roots lead to: names by the thousand may lead to the same one.
  for (const [start, indexes] of starts) {
    for (const node of reachedFrom(graph, start)) {
      if (graph.nodes[node]?.objects.length === 0) continue
      for (const index of indexes) append(indexesAt, node, index)
    }
  }
  const reaching = new Map<number, number>()
  for (const [node, indexes] of indexesAt) {
    reaching.set(node, sets.of(indexes.sort((a, b) => a - b)))
  }
  return reaching
}

function append(lists: Map<number, number[]>, key: number, item: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
