import { openTarget } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import type { Result } from '../../output/result.ts'
import { shellWord } from '../../output/shell-word.ts'
import { registrySettings } from '../network-settings.ts'
import type { ociPush } from './push.ts'
import { sendImage } from './send-image.ts'

const FILE_TARGET = /^(?:oci|oci-archive|docker-archive):/

export async function run(args: Args<typeof ociPush>, context: Context): Promise<Result> {
  const { image, target: reference, compression } = args
  if (FILE_TARGET.test(reference)) {
    throw new CliError('usage', `${reference}: no registry`, {
      hints: [`cfsctl oci export ${shellWord(image)} ${shellWord(reference)} writes it there`],
    })
  }
  // It may ask for a password: before anything else is on the terminal.
  const registry = await registrySettings(args, context)
  return await sendImage(context, {
    verb: 'push',
    image,
    reference,
    compression,
    open: () => openTarget(reference, { registry }),
  })
}
