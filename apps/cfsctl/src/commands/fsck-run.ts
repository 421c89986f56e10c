import { checkRepository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { itemsProgress } from '../output/items-progress.ts'
import { withProgress } from '../output/progress.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { checkDocument, checkFailure, checkLines, tellWarnings } from './check-report.ts'
import { findEffects } from './finding-effects.ts'
import type { fsck } from './fsck.ts'

export async function run(args: Args<typeof fsck>, context: Context): Promise<Result> {
  if (args.repair) return await (await import('../bundles/repair.ts')).repair(args, context)
  await using repository = await openChosen(context)
  return await withProgress(context, 'fsck', async ({ signal, ...listeners }) => {
    const started = performance.now()
    const report = await checkRepository(repository, {
      metadataOnly: args['metadata-only'],
      signal,
      ...itemsProgress(listeners),
    })
    tellWarnings(report, context)
    const effectOf = await findEffects(repository, report, context)
    const duration = Math.round(performance.now() - started)
    return {
      lines: checkLines(report),
      json: { ...checkDocument(report, effectOf), duration_ms: duration },
      ...checkFailure(report, args, context),
    }
  })
}
