import { isOciError, mountableImage, openImageConfig, type StoredImageConfig } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import type { Result } from '../../output/result.ts'
import { shellWord } from '../../output/shell-word.ts'
import { openChosen } from '../../repository/open.ts'
import { mountImage } from '../mount-image.ts'
import type { ociMount } from './mount.ts'

export async function run(args: Args<typeof ociMount>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  const config = await openConfig(repository, args.image)
  const { digest, notice } = await mountableImage(repository, config, {
    bootable: args.bootable,
  })
  if (notice !== undefined) context.console.notice(notice)
  using image = repository.images.open(digest)
  const request = { ...args, name: args.image, command: 'oci-mount', context }
  return { json: await mountImage(repository, image, request) }
}

async function openConfig(repository: Repository, name: string): Promise<StoredImageConfig> {
  try {
    return await openImageConfig(repository, name)
  } catch (error) {
    const isImage =
      isOciError(error, 'ERR_OCI_NO_SUCH_IMAGE') && repository.images.refTarget(name) !== undefined
    if (!isImage) throw error
    throw new CliError('tag-not-found', error.message, {
      hints: [
        `there is an image of that name: cfsctl mount ${shellWord(`refs/${name}`)} MOUNTPOINT`,
      ],
    })
  }
}
