import { openImage } from '@composefs/erofs'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { openNamedImage } from '../repository/open-image.ts'
import type { imageObjects } from './image-objects.ts'

export async function run(args: Args<typeof imageObjects>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  using image = openNamedImage(repository, args.name)
  const objects = openImage(image.bytes(), { algorithm: repository.algorithm }).objects()
  return {
    lines: objects.map(String),
    json: {
      schema: 'cfsctl.image-objects/1',
      id: image.digest.hex,
      objects: objects.map(({ hex }) => hex),
    },
  }
}
