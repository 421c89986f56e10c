import { checkOci } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { itemsProgress } from '../../output/items-progress.ts'
import { withProgress } from '../../output/progress.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { checkFailure, tellWarnings } from '../check-report.ts'
import { findEffects } from '../finding-effects.ts'
import type { ociFsck } from './fsck.ts'
import { ociCheckDocument, ociCheckLines } from './oci-check-report.ts'

export async function run(args: Args<typeof ociFsck>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  return await withProgress(context, 'oci fsck', async ({ signal, ...listeners }) => {
    const started = performance.now()
    const report = await checkOci(repository, {
      tag: args.image,
      content: args.content,
      metadataOnly: args['metadata-only'],
      signal,
      ...itemsProgress(listeners),
    })
    tellWarnings(report.repository, context)
    const effectOf = await findEffects(repository, report.repository, context)
    const duration = Math.round(performance.now() - started)
    return {
      lines: ociCheckLines(report),
      json: { ...ociCheckDocument(report, effectOf), duration_ms: duration },
      ...checkFailure(report, args, context),
    }
  })
}
