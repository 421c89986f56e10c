import { type ComposefsMountEntry, composefsMounts } from '@composefs/linux'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { mountedImageId } from '../mounting/mounted-image.ts'
import type { Result } from '../output/result.ts'
import { byBytes } from '../output/sorting.ts'
import type { mounts } from './mounts.ts'

/** Digits of a digest in a table. */
const SHORT = 12

export async function run(args: Args<typeof mounts>, _context: Context): Promise<Result> {
  const entries = composefsMounts().sort((a, b) => byBytes(a.target, b.target) || a.id - b.id)
  const found: Row[] = []
  for (const entry of entries) found.push({ entry, id: await mountedImageId(entry) })
  return {
    table: {
      header: ['MOUNTPOINT', 'SOURCE', 'IMAGE', 'VERITY', 'MODE'],
      rows: found.map(({ entry, id }) => [
        entry.target,
        args['no-trunc'] ? entry.source : shortSource(entry.source),
        id === undefined ? '-' : args['no-trunc'] ? id : id.slice(0, SHORT),
        entry.verity,
        entry.mode,
      ]),
      whenEmpty: 'No composefs mounts found',
    },
    json: { schema: 'cfsctl.mounts/1', mounts: found.map(toJson) },
  }
}

interface Row {
  readonly entry: ComposefsMountEntry
  readonly id: string | undefined
}

function toJson({ entry, id }: Row) {
  return {
    mountpoint: entry.target,
    source: entry.source,
    image_id: id ?? null,
    verity: entry.verity,
    mode: entry.mode,
  }
}

/** A source that is an id is as long as one. */
function shortSource(source: string): string {
  return source.replace(/[0-9a-f]{64,}$/, id => id.slice(0, SHORT))
}
