/** How the layers of two container images differ: some were added, some removed, or they are others. */
export type LayerRule = 'added-layer' | 'removed-layer' | 'changed-layer'

/** A layer that is not the same in two images. */
export interface LayerDifference {
  /** Its number, the lowest being 1: in the second image, or for one that was removed in the first. */
  readonly layer: number
  /** Diff IDs; undefined where an image has no layer in that place. */
  readonly a: string | undefined
  readonly b: string | undefined
}

/**
 * Compares the layers of two images by their diff IDs; undefined when they are the same, or one of the two has none.
 * Layers were added when all of the first image are there in the second, in their order.
 */
export function compareLayers(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): { rule: LayerRule; layers: LayerDifference[] } | undefined {
  if (a === undefined || b === undefined) return undefined
  if (a.length === b.length && a.every((diffId, i) => diffId === b[i])) return undefined
  const added = missingFrom(a, b)
  if (added !== undefined) {
    const layers = added.map(index => ({ layer: index + 1, a: undefined, b: b[index] }))
    return { rule: 'added-layer', layers }
  }
  const removed = missingFrom(b, a)
  if (removed !== undefined) {
    const layers = removed.map(index => ({ layer: index + 1, a: a[index], b: undefined }))
    return { rule: 'removed-layer', layers }
  }
  const layers: LayerDifference[] = []
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    if (a[index] !== b[index]) layers.push({ layer: index + 1, a: a[index], b: b[index] })
  }
  return { rule: 'changed-layer', layers }
}

/** Places of `longer` that `shorter` has not, if that has all others in their order. */
function missingFrom(shorter: readonly string[], longer: readonly string[]): number[] | undefined {
  const missing: number[] = []
  let at = 0
  for (const [index, diffId] of longer.entries()) {
    if (diffId === shorter[at]) at++
    else missing.push(index)
  }
  return at === shorter.length ? missing : undefined
}
