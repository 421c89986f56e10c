import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { IMAGE_SIZE_MAX } from '@composefs/erofs'
import { CliError } from '../errors/cli-error.ts'

/** An image that is a file of its own, or on a block device. */
export interface ImageFile extends Disposable {
  readonly fd: number
  /** In bytes; undefined for a device. */
  readonly size: number | undefined
  /** The whole image; nothing where it is more than an image has. */
  bytes(): Uint8Array
}

/** @throws CliError io-error, image-invalid */
export function openImageFile(path: string): ImageFile {
  const fd = open(path)
  const stat = fstatSync(fd)
  const image: ImageFile = {
    fd,
    size: stat.isFile() ? stat.size : undefined,
    bytes: () =>
      stat.isFile() && stat.size <= IMAGE_SIZE_MAX ? readFileSync(fd) : new Uint8Array(0),
    [Symbol.dispose]: () => closeSync(fd),
  }
  if (stat.isFile() || stat.isBlockDevice()) return image
  closeSync(fd)
  throw new CliError('image-invalid', `Failed to open ${path}: not a file`)
}

function open(path: string): number {
  try {
    // What waits for a writer, as a pipe does, is no image.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    throw new CliError('io-error', 'Failed to open', { cause: error })
  }
}
