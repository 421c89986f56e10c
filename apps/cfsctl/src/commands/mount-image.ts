import { realpathSync } from 'node:fs'
import { isLinuxError, type MountedComposefs, mountComposefs } from '@composefs/linux'
import type { OpenedImage, Repository } from '@composefs/repository'
import type { OptionValues } from '../command.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Json } from '../output/result.ts'
import type { mountOptions } from './shared-options.ts'

/** What is to be mounted, as it was typed. */
export interface MountRequest extends OptionValues<typeof mountOptions> {
  readonly command: string
  readonly context: Context
  /** Of the image, shown in the list of mounts. */
  readonly name: string
  readonly mountpoint: string
}

/** Mounts an image whose digest has been checked, and returns the document about it. */
export async function mountImage(
  repository: Repository,
  image: OpenedImage,
  request: MountRequest,
): Promise<Json> {
  const { context, upperdir, workdir } = request
  assertVerityWorks(repository, image)
  await confirmRoot(request)
  const upper = upperdir === undefined || workdir === undefined ? undefined : { upperdir, workdir }
  const mounted = tryMount(() =>
    mountComposefs({
      image: image.fd,
      objects: [repository.layout.objects],
      target: request.mountpoint,
      name: request.name,
      verity: repository.secure ? 'require' : 'off',
      upper,
      readWrite: request['read-write'],
    }),
  )
  for (const warning of mounted.warnings) context.console.warning(warning)
  return {
    schema: `cfsctl.${request.command}/1`,
    image_id: image.digest.hex,
    mountpoint: mounted.target,
    mode: mounted.mode,
    verity: mounted.verity,
    read_write: request['read-write'],
    server_pid: null,
  }
}

/** A kernel that cannot measure the image would show files that cannot be read. */
function assertVerityWorks(repository: Repository, image: OpenedImage): void {
  if (!repository.secure || image.hasVerity) return
  throw new CliError('verity-unsupported', 'the kernel cannot check fs-verity digests here')
}

/** Covering the root directory is hardly ever meant. */
async function confirmRoot({ mountpoint, context }: MountRequest): Promise<void> {
  if (realpathSync(mountpoint) !== '/') return
  if (!(await confirm(context, 'Mount over the root directory?'))) {
    throw new CliError('interrupted', 'nothing was mounted')
  }
}

function tryMount(mount: () => MountedComposefs): MountedComposefs {
  try {
    return mount()
  } catch (error) {
    if (isLinuxError(error)) throw error
    const { code, step } = error as NodeJS.ErrnoException & { step?: string }
    if (code === 'EPERM' && step !== undefined) {
      throw new CliError('not-permitted', 'mounting is not permitted', {
        cause: error,
        hints: ['mounting by the kernel needs root in the initial user namespace (CAP_SYS_ADMIN)'],
      })
    }
    if (code === 'ENODEV' && step !== undefined) {
      throw new CliError('kernel-too-old', 'the kernel has no erofs or no overlayfs', {
        cause: error,
        hints: ['load them: modprobe erofs overlay'],
      })
    }
    throw error
  }
}
