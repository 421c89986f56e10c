import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import type { Repository } from '@composefs/repository'
import { unescapeField } from '@composefs/tree'
import { buildTree } from '../build-tree.ts'
import type { StoredImageConfig } from '../store/open-image.ts'
import { parseLayerPath } from '../tree/layer-path.ts'
import type { MergeWarning } from '../tree/merge.ts'

const SLASH = Uint8Array.of(0x2f)

/** What whiteouts hide that stand in a layer behind entries of that layer, which stay. */
export interface LateWhiteouts {
  readonly count: number
  /** True for what such a whiteout names and for everything below it. */
  covers(path: Uint8Array): boolean
}

/** Merges the layers of an image once more, to learn which of their whiteouts come late. */
export async function findLateWhiteouts(
  repository: Repository,
  config: StoredImageConfig,
  signal: AbortSignal | undefined,
): Promise<LateWhiteouts> {
  const named = new Set<string>()
  const opaque = new Set<string>()
  const onWarning = ({ kind, entry }: MergeWarning) => {
    if (kind !== 'whiteout-kept-own-layer') return
    const path = parseLayerPath(unescapeField(encodeUtf8(entry)) ?? new Uint8Array(0))
    if (path.kind === 'whiteout') named.add(keyOf([...path.parents, path.name]))
    if (path.kind === 'opaque') opaque.add(keyOf(path.parents))
  }
  await buildTree(repository, config, { onWarning, signal })
  return {
    count: named.size + opaque.size,
    covers: path => {
      const key = latin1(path)
      if (named.has(key)) return true
      for (
        let at = key.lastIndexOf('/');
        at >= 0;
        at = at === 0 ? -1 : key.lastIndexOf('/', at - 1)
      ) {
        const above = key.slice(0, at)
        if (named.has(above) || opaque.has(above)) return true
      }
      return false
    },
  }
}

function keyOf(components: readonly Uint8Array[]): string {
  return latin1(concatBytes(components.flatMap(component => [SLASH, component])))
}

/** Text that only compares. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
