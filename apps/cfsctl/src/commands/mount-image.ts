import { realpathSync } from 'node:fs'
import { parseMountAttributes } from '@composefs/linux'
import type { OpenedImage, Repository } from '@composefs/repository'
import type { OptionValues } from '../command.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { readHead } from '../mounting/image-head.ts'
import { kernelMount } from '../mounting/kernel-mount.ts'
import { assertOutsideRepository } from '../mounting/outside-repository.ts'
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
  const { context, mountpoint, upperdir, workdir } = request
  const attributes = parseMountAttributes(request['mount-option'].flatMap(wordsOf))
  assertVerityWorks(repository, image)
  for (const directory of [mountpoint, upperdir, workdir]) {
    if (directory !== undefined) assertOutsideRepository(repository, directory)
  }
  await confirmRoot(request)
  const mounted = await kernelMount(
    {
      image: image.fd,
      objects: [repository.layout.objects],
      target: mountpoint,
      name: request.name,
      verity: repository.secure ? 'require' : 'off',
      upper: upperdir === undefined || workdir === undefined ? undefined : { upperdir, workdir },
      readWrite: request['read-write'],
      idmap: request.idmap,
      attributes,
      hasAcl: readHead(image.fd)?.mayHaveAcl,
    },
    { signal: context.signal, readImage: () => image.bytes() },
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

function wordsOf(text: string): string[] {
  return text.split(',').filter(word => word !== '')
}

/** A kernel that cannot measure the image would show files that cannot be read. */
function assertVerityWorks(repository: Repository, image: OpenedImage): void {
  if (!repository.secure || image.hasVerity) return
  throw new CliError('verity-unsupported', 'the kernel cannot check fs-verity digests here', {
    hints: ['this repository has fs-verity: mount it with a kernel that has CONFIG_FS_VERITY'],
    context: { repository: repository.path },
  })
}

/** Covering the root directory is hardly ever meant. */
async function confirmRoot({ mountpoint, context }: MountRequest): Promise<void> {
  if (realpathSync(mountpoint) !== '/') return
  if (!(await confirm(context, 'Mount over the root directory?'))) {
    throw new CliError('interrupted', 'nothing was mounted')
  }
}
