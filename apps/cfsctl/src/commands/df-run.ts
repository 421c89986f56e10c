import { measureRoots } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { itemsProgress } from '../output/items-progress.ts'
import { withProgress } from '../output/progress.ts'
import type { Result } from '../output/result.ts'
import { formatSize } from '../output/size.ts'
import { openChosen } from '../repository/open.ts'
import type { df } from './df.ts'
import { sorted } from './root-extents.ts'
import { rootLabel } from './root-label.ts'

export async function run(_args: Args<typeof df>, context: Context): Promise<Result> {
  const { console } = context
  await using repository = await openChosen(context)
  return await withProgress(context, 'df', async ({ signal, ...listeners }) => {
    const { live, roots, unreferenced } = await measureRoots(repository, {
      signal,
      onBroken: ({ path, reason }) => console.warning(`${path}: ${reason}`),
      ...itemsProgress(listeners),
    })
    const images = sorted(roots).map(({ root, allocatedBytes, unique }) => ({
      ...rootLabel(root),
      bytes: allocatedBytes,
      unique_bytes: unique.allocatedBytes,
    }))
    const objects = live.objects + unreferenced.objects
    const bytes = live.allocatedBytes + unreferenced.allocatedBytes
    return {
      table: {
        header: ['NAME', 'KIND', 'SIZE', 'ONLY HERE'],
        rows: images.map(({ kind, name, bytes, unique_bytes }) => [
          name,
          kind,
          formatSize(bytes),
          formatSize(unique_bytes),
        ]),
        whenEmpty: 'No name keeps anything',
      },
      lines: [
        `Objects: ${objects} (${formatSize(bytes)})`,
        `Unreferenced: ${unreferenced.objects} (${formatSize(unreferenced.allocatedBytes)})`,
      ],
      json: {
        schema: 'cfsctl.df/1',
        objects,
        bytes,
        images,
        unreferenced_objects: unreferenced.objects,
        unreferenced_bytes: unreferenced.allocatedBytes,
      },
    }
  })
}
