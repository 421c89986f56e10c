import type { ImageHead } from '@composefs/erofs'
import { type ComposefsOptions, parseComposefsOptions } from '@composefs/linux'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { assertDigest } from '../mounting/image-digest.ts'
import { type ImageFile, openImageFile } from '../mounting/image-file.ts'
import { readHead } from '../mounting/image-head.ts'
import { kernelMount } from '../mounting/kernel-mount.ts'
import { hasVerityBelow } from '../mounting/verity-below.ts'
import type { Result } from '../output/result.ts'
import type { mountComposefs } from './mount-composefs.ts'

/** Bytes of a block of an image. */
const BLOCK_SIZE = 4096

type MountArgs = Args<typeof mountComposefs>

export async function run(args: MountArgs, context: Context): Promise<Result> {
  if (args.type !== undefined && args.type !== 'composefs') {
    throw new CliError('usage', `Unsupported fs type '${args.type}'`)
  }
  const options = parseComposefsOptions(args.options.join(','))
  using image = openImageFile(args.image)
  try {
    await mountFile(image, { args, options, context })
    return {}
  } catch (error) {
    throw new CliError('io-error', `Failed to mount composefs ${args.image}`, { cause: error })
  }
}

interface Request {
  readonly args: MountArgs
  readonly options: ComposefsOptions
  readonly context: Context
}

async function mountFile(image: ImageFile, { args, options, context }: Request): Promise<void> {
  const { basedir, upper, idmap, attributes, isReadOnly } = options
  const head = readHead(image.fd)
  if (head === undefined) throw new CliError('image-invalid', 'not a composefs image')
  assertWhole(image, head)
  const digest = options.digest === undefined ? undefined : assertDigest(image.fd, options.digest)
  const verity = usefulVerity(options)
  if (args.fake) return
  const mounted = await kernelMount(
    {
      image: image.fd,
      objects: basedir,
      target: args.mountpoint,
      name: digest?.hex,
      verity,
      upper,
      readWrite: !isReadOnly,
      idmap,
      attributes,
      hasAcl: head.mayHaveAcl,
    },
    { signal: context.signal, readImage: () => image.bytes() },
  )
  for (const warning of mounted.warnings) context.console.warning(warning)
}

/** The kernel mounts what was cut off, too, and finds out when it reads there. */
function assertWhole({ size }: ImageFile, { blocks }: ImageHead): void {
  const wanted = blocks * BLOCK_SIZE
  if (size === undefined || size >= wanted) return
  throw new CliError(
    'image-invalid',
    `a composefs image of ${wanted} bytes, of which there are ${size}`,
  )
}

/** Where no file can have fs-verity, to require it would make all of them unreadable. */
function usefulVerity({ verity, basedir }: ComposefsOptions): ComposefsOptions['verity'] {
  if (verity === 'off' || basedir.some(hasVerityBelow)) return verity
  if (verity === 'try') return 'off'
  const where = basedir.join(':')
  throw new CliError('verity-unsupported', `no fs-verity in ${where}: no file there could be read`)
}
