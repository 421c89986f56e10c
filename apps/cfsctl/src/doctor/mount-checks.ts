import { isLinuxError } from '@composefs/linux'
import { type MountTrials, probeMounts, type Trial } from '@composefs/linux/probe'
import { messageOf } from '../errors/message.ts'
import { type Check, type CheckId, fail, ok, warn } from './check.ts'
import { withMountSample } from './mount-sample.ts'

const AS_ROOT = 'mounting needs CAP_SYS_ADMIN: run cfsctl doctor as root to try it'

/**
 * What the kernel does with an image, tried out by mounts that nobody else can see.
 *
 * @param needsVerity the repository has fs-verity, so its images are mounted with it or not at all
 */
export function checkMounts(
  needsVerity: boolean,
  probe: () => MountTrials = () => withMountSample(probeMounts),
): readonly Check[] {
  const { erofs, overlay, verity } = probe()
  return [checkErofs(erofs), checkOverlay(overlay), checkOverlayVerity(verity, needsVerity)]
}

function checkErofs(trial: MountTrials['erofs']): Check {
  const id = 'erofs-file'
  if (trial.outcome !== 'works') return notWorking(id, trial, 'modprobe erofs loads it')
  if (trial.device === 'file') return ok(id, 'images are mounted from their file')
  return warn(id, 'images are mounted through a loop device')
}

function checkOverlay(trial: MountTrials['overlay']): Check {
  const id = 'overlay-data-layers'
  if (trial.outcome !== 'works') return notWorking(id, trial, 'modprobe overlay loads it')
  if (trial.form === 'D') return warn(id, 'none: the directory of objects shows in a mount')
  return ok(id, trial.wasRead ? 'tried: a file was read through one' : 'the kernel takes them')
}

function checkOverlayVerity(trial: Trial, needsVerity: boolean): Check {
  const id = 'overlay-verity'
  if (trial.outcome === 'works') return ok(id, 'files are checked when they are opened')
  if (trial.outcome !== 'fails' || !isLinuxError(trial.error, 'ERR_LINUX_NO_OVERLAY_VERITY')) {
    return notWorking(id, trial, null)
  }
  const detail = 'overlayfs cannot check fs-verity digests'
  return needsVerity
    ? fail(
        id,
        detail,
        'this repository has fs-verity: mounting its images needs Linux 6.6 or newer',
      )
    : warn(id, detail, 'only images of repositories without fs-verity are mounted here')
}

function notWorking(
  id: CheckId,
  trial: Exclude<Trial, { readonly outcome: 'works' }>,
  hint: string | null,
): Check {
  switch (trial.outcome) {
    case 'untried':
      return warn(id, 'not tried: it builds on what does not work')
    case 'denied':
      return warn(id, 'not permitted', AS_ROOT)
    case 'fails': {
      const { code } = trial.error as NodeJS.ErrnoException
      return fail(id, messageOf(trial.error), code === 'ENODEV' ? hint : null)
    }
  }
}
