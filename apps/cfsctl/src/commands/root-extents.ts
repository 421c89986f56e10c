import type { RootExtent } from '@composefs/repository'
import { formatSize } from '../output/size.ts'
import { byBytes } from '../output/sorting.ts'
import { boxLines, plainLines, type Table } from '../output/table.ts'
import { rootLabel } from './root-label.ts'

/** What roots keep, as JSON; bytes are lengths of files. */
export function extentDocuments(extents: readonly RootExtent[]) {
  return sorted(extents).map(({ root, objects, bytes, unique }) => {
    const { kind, name } = rootLabel(root)
    const { objects: unique_objects, bytes: unique_bytes } = unique
    return { name, kind, objects, bytes, unique_objects, unique_bytes }
  })
}

/** What roots keep, as a table. */
export function extentLines(
  extents: readonly RootExtent[],
  format: 'text' | 'plain' | undefined,
): Iterable<string> {
  const table: Table = {
    header: ['NAME', 'KIND', 'OBJECTS', 'SIZE', 'ONLY HERE'],
    rows: sorted(extents).map(({ root, objects, bytes, unique }) => {
      const { kind, name } = rootLabel(root)
      return [name, kind, String(objects), formatSize(bytes), formatSize(unique.bytes)]
    }),
    whenEmpty: 'No name keeps anything',
  }
  return format === 'plain' ? plainLines(table) : boxLines(table)
}

/** By kind, then by name. */
export function sorted(extents: readonly RootExtent[]): readonly RootExtent[] {
  return extents
    .map(extent => ({ extent, ...rootLabel(extent.root) }))
    .sort((a, b) => byBytes(a.kind, b.kind) || byBytes(a.name, b.name))
    .map(({ extent }) => extent)
}
