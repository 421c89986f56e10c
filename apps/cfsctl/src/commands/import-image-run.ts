import { checkImage, openImage } from '@composefs/erofs'
import { publish } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { imageDocument } from './image-document.ts'
import type { importImage } from './import-image.ts'
import { readAll } from './read-input.ts'

/** Largest image that is read into memory, in bytes: far above that of any operating system. */
const SIZE_MAX = 2 ** 30

export async function run(args: Args<typeof importImage>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { algorithm, images, objects } = repository
  const bytes = await readAll(context.input(), { sizeMax: SIZE_MAX, what: 'an image' })
  const image = openImage(bytes, { algorithm, maxSize: SIZE_MAX })
  // Reads every inode, so that nothing is stored that could not be mounted.
  if (!checkImage(image).isReproducible) {
    context.console.warning('the image was made by a program that is not known: its bytes differ')
  }
  const missing = image.objects().filter(id => !objects.has(id)).length
  if (missing > 0) {
    context.console.warning(`${missing} objects that the image needs are not in the repository`)
  }
  const { digest, size } = images.putBytes(bytes)
  publish(repository, [
    { kind: 'image', digest },
    { kind: 'image-ref', name: args.name, digest },
  ])
  const { name } = args
  const facts = { digest, version: image.version, xattrs: null, name, size }
  return { lines: [String(digest)], json: imageDocument('import-image', facts) }
}
