import { mountableImage, openImageConfig } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { mountImage } from '../mount-image.ts'
import type { ociMount } from './mount.ts'

export async function run(args: Args<typeof ociMount>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  const config = await openImageConfig(repository, args.image)
  const { digest, notice } = await mountableImage(repository, config)
  if (notice !== undefined) context.console.notice(notice)
  using image = repository.images.open(digest)
  const request = { ...args, name: args.image, command: 'oci-mount', context }
  return { json: await mountImage(repository, image, request) }
}
