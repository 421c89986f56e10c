import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { openNamedImage } from '../repository/open-image.ts'
import type { mount } from './mount.ts'
import { mountImage } from './mount-image.ts'

export async function run(args: Args<typeof mount>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  using image = openNamedImage(repository, args.name)
  return { json: await mountImage(repository, image, { ...args, command: 'mount', context }) }
}
