import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isRepositoryError, type Repository } from '@composefs/repository'
import { nearestWords } from '../arguments/nearest.ts'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import { openChosen } from '../repository/open.ts'
import type { imageRm } from './image-rm.ts'

/** Most names below a directory that are told. */
const BELOW_MAX = 8

export async function run(args: Args<typeof imageRm>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const names = [...new Set(args.name.map(name => name.replace(/^refs\//, '')))]
  // All of them are there, or none is removed.
  const found = names.map(name => ({ name, digest: targetOf(repository, name) }))
  const images = found.map(({ name, digest }) => {
    const changed = repository.images.removeRef(name)
    if (digest !== null) {
      context.console.notice(`undo it by: cfsctl image tag ${digest} ${shellWord(name)}`)
    }
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
function targetOf({ images, layout }: Repository, name: string): string | null {
  try {
    const target = images.refTarget(name)
    if (target !== undefined) return target
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) throw error
    const status = lstatSync(join(layout.imageRefs, name), { throwIfNoEntry: false })
    if (status?.isSymbolicLink()) return null
  }
  const names = [...images.refEntries()].flatMap(entry =>
    entry.kind === 'symlink' ? [entry.name] : [],
  )
  // Of a directory, the names below it.
  const below = names.filter(other => other.startsWith(`${name}/`))
  const near = below.length > 0 ? below.slice(0, BELOW_MAX) : nearestWords(name, names)
  throw new CliError('image-not-found', `image not found: ${name}`, {
    hints: near.map(near => `did you mean ${near}?`),
    context: { name },
  })
}
