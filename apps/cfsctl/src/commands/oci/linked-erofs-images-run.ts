import { linkedErofsImages } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import { formatJson } from '../../output/json.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { parseId } from './image-tree.ts'
import type { ociLinkedErofsImages } from './linked-erofs-images.ts'

export async function run(
  { verity }: Args<typeof ociLinkedErofsImages>,
  context: Context,
): Promise<Result> {
  await using repository = await openChosen(context)
  const images = await linkedErofsImages(repository, parseId(repository, verity))
  if (images.length === 0) {
    throw new CliError('image-not-found', `image not found: ${verity}`, {
      hints: ['it is the id of an EROFS image, as cfsctl oci inspect tells it'],
      context: { name: verity, repository: repository.path },
    })
  }
  const json = images.map(image => ({ ...image }))
  return { lines: [formatJson(json).trimEnd()], json }
}
