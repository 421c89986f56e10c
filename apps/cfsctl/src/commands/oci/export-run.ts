import { openTarget } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import type { Result } from '../../output/result.ts'
import { shellWord } from '../../output/shell-word.ts'
import type { ociExport } from './export.ts'
import { sendImage } from './send-image.ts'

export async function run(args: Args<typeof ociExport>, context: Context): Promise<Result> {
  const { image, target: reference, force, compression } = args
  if (reference.startsWith('docker://')) {
    throw new CliError('usage', `${reference}: a registry is no file`, {
      hints: [`cfsctl oci push ${shellWord(image)} ${shellWord(reference)} sends it there`],
    })
  }
  return await sendImage(context, {
    verb: 'export',
    image,
    reference,
    compression,
    open: () => openTarget(reference, { force }),
  })
}
