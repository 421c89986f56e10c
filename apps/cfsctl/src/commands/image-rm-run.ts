import { isRepositoryError, type Repository } from '@composefs/repository'
import { nearestWords } from '../arguments/nearest.ts'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import type { imageRm } from './image-rm.ts'

export async function run(args: Args<typeof imageRm>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const names = [...new Set(args.name.map(name => name.replace(/^refs\//, '')))]
  // All of them are there, or none is removed.
  const found = names.map(name => ({ name, digest: targetOf(repository, name) }))
  const images = found.map(({ name, digest }) => {
    const changed = repository.images.removeRef(name)
    if (digest !== null) context.console.notice(`undo it by: cfsctl image tag ${digest} ${name}`)
    return { name, digest, changed }
  })
  const [first] = images
  return {
    lines: images.map(({ name }) => `Removed image name ${name}`),
    json: {
      schema: 'cfsctl.image-rm/1',
      ...(images.length === 1 && first !== undefined
        ? first
        : { name: null, digest: null, changed: images.some(({ changed }) => changed) }),
      images,
    },
  }
}

/** The id that a name stands for; null for a ref that leads nowhere, which is there to be removed all the same. */
function targetOf({ images }: Repository, name: string): string | null {
  try {
    const target = images.refTarget(name)
    if (target !== undefined) return target
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) throw error
    return null
  }
  const names = [...images.refEntries()].map(entry => entry.name)
  throw new CliError('image-not-found', `image not found: ${name}`, {
    hints: nearestWords(name, names).map(near => `did you mean ${near}?`),
    context: { name },
  })
}
