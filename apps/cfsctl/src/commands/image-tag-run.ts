import { isRepositoryError, type Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import { openChosen } from '../repository/open.ts'
import type { imageTag } from './image-tag.ts'

export async function run(args: Args<typeof imageTag>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { images, objects } = repository
  // Names with a slash too are taken as `images` lists them.
  const isRef = args.image.includes('/') && !args.image.startsWith('refs/')
  const { digest } = images.resolve(isRef ? `refs/${args.image}` : args.image)
  if (!objects.has(digest)) {
    throw new CliError('image-not-found', `the image ${digest.hex} has a name but no content`, {
      hints: ['cfsctl fsck tells what else is missing'],
      context: { name: args.image },
    })
  }
  const name = args.name.replace(/^refs\//, '')
  const before = targetOf(repository, name)
  images.setRef(name, digest)
  const changed = before !== digest.hex
  if (changed && before !== undefined) {
    context.console.notice(`undo it by: cfsctl image tag ${before} ${shellWord(name)}`)
  }
  return {
    lines: [`Tagged ${digest} as ${name}`],
    json: { schema: 'cfsctl.image-tag/1', name, digest: digest.hex, changed },
  }
}

/** What the name stood for; a link that leads nowhere is replaced like any other. */
function targetOf({ images }: Repository, name: string): string | undefined {
  try {
    return images.refTarget(name)
  } catch (error) {
    if (isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) return undefined
    throw error
  }
}
