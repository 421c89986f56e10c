import { isInitialUserNamespace, isLinuxError, type MountStep } from '@composefs/linux'
import { CliError } from '../errors/cli-error.ts'
import { verdictOn } from './image-verdict.ts'

interface MountError extends NodeJS.ErrnoException {
  readonly step: MountStep
  readonly kernelMessages?: readonly string[]
}

/**
 * The error of a mount in the words of the program; the same error where there is nothing to add.
 *
 * @param readImage the bytes of the image, where the kernel does not say what is wrong with it
 */
export function explainMountFailure(error: unknown, readImage: () => Uint8Array): unknown {
  if (isLinuxError(error, 'ERR_LINUX_NO_OVERLAY_VERITY')) return noOverlayVerity(error)
  if (!isMountError(error)) return error
  const { code, step, path = '' } = error
  if (path.startsWith('/dev/loop')) return noLoopDevice(error)
  switch (code) {
    case 'ENODEV':
      return new CliError('kernel-too-old', 'the kernel has no erofs or no overlayfs', {
        cause: error,
        hints: ['load them: modprobe erofs overlay'],
      })
    case 'ENOSYS':
      return new CliError('kernel-too-old', 'the kernel has no mount calls that know options', {
        cause: error,
        hints: ['Linux 6.1 or newer has all that is needed; a sandbox may hide it'],
      })
    case 'EPERM':
    case 'EACCES':
      return step === 'overlay' ? error : notPermitted(error)
    case 'EINVAL':
      return refused(error, readImage)
    default:
      return error
  }
}

function isMountError(error: unknown): error is MountError {
  return error instanceof Error && (error as Partial<MountError>).step !== undefined
}

function noOverlayVerity(error: Error): CliError {
  return new CliError('kernel-too-old', error.message, {
    hints: [
      'this repository has fs-verity; cfsctl --insecure mounts it without that check: then nobody finds out what was changed in its files',
    ],
  })
}

/** Something about /dev/loop-control, or one of the devices. */
function noLoopDevice(error: MountError): unknown {
  const { code } = error
  if (code === 'EPERM' || code === 'EACCES') {
    return notPermitted(error, ['in a container: --device /dev/loop-control, and the loop devices'])
  }
  if (code !== 'ENOENT' && code !== 'ENXIO' && code !== 'ENODEV') return error
  return new CliError(
    'kernel-too-old',
    'the kernel reads this image only through a loop device, and there is none',
    {
      cause: error,
      hints: [
        'modprobe loop makes them; in a container: --device /dev/loop-control, and the loop devices',
        'Linux 6.12 or newer needs none, unless the image is in a tmpfs',
      ],
    },
  )
}

function notPermitted(error: MountError, hints: readonly string[] = []): CliError {
  return new CliError('not-permitted', 'mounting is not permitted', {
    cause: error,
    hints: [...hints, whoMayMount()],
  })
}

function whoMayMount(): string {
  if (!isInitialUserNamespace()) {
    return 'this is root of a user namespace only: the kernel mounts EROFS for root of the initial one; mounting by FUSE (--fuse) comes with a later release'
  }
  if (process.getuid?.() !== 0) {
    return 'run it as root: the kernel mounts for nobody else; mounting by FUSE (--fuse) comes with a later release'
  }
  return 'mounting needs CAP_SYS_ADMIN; for a container: --cap-add SYS_ADMIN'
}

function refused(error: MountError, readImage: () => Uint8Array): CliError | MountError {
  switch (error.step) {
    case 'image':
      return new CliError('image-invalid', 'the kernel does not take the image', {
        cause: verdictOn(readImage) ?? error,
        hints: ['the log of the kernel may tell why: dmesg | tail'],
      })
    case 'idmap':
      return new CliError('kernel-too-old', 'the owners of this mount cannot be mapped', {
        cause: error,
      })
    default:
      if (error.kernelMessages !== undefined) return error
      return new CliError('io-error', 'the kernel does not take the directories of the mount', {
        cause: error,
        hints: ['the log of the kernel may tell why: dmesg | tail'],
      })
  }
}
