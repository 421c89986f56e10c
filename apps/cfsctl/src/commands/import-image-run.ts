import { checkImage, type ErofsImage, isErofsError, openImage } from '@composefs/erofs'
import type { Algorithm } from '@composefs/fsverity'
import { publish } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Console } from '../output/console.ts'
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
  const { console } = context
  const bytes = await readAll(context.input(), { sizeMax: SIZE_MAX, what: 'an image' })
  const image = checkInput(bytes, { algorithm, console })
  const missing = image.objects().filter(id => !objects.has(id)).length
  if (missing > 0) {
    console.warning(`${missing} objects that the image needs are not in the repository`)
  }
  const { digest, size } = images.putBytes(bytes)
  publish(repository, [
    { kind: 'image', digest },
    { kind: 'image-ref', name: args.name, digest },
  ])
  const { name } = args
  const facts = { digest, version: image.version, bootable: false, xattrs: null, name, size }
  return { lines: [String(digest)], json: imageDocument('import-image', facts) }
}

/** Reads every inode, so that nothing is stored that could not be mounted. */
function checkInput(
  bytes: Uint8Array,
  { algorithm, console }: { readonly algorithm: Algorithm; readonly console: Console },
): ErofsImage {
  try {
    const image = openImage(bytes, { algorithm, maxSize: SIZE_MAX })
    if (!checkImage(image).isReproducible) {
      console.warning('the image is not as cfsctl would write it: an unknown program made it')
    }
    return image
  } catch (error) {
    if (!isErofsError(error)) throw error
    throw new CliError('image-invalid', 'standard input is no image for this repository', {
      cause: error,
    })
  }
}
