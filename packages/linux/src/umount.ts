import { realpathSync } from 'node:fs'
import { EBUSY, ENOENT, systemError } from './errno.ts'
import { LinuxError } from './errors.ts'
import { findHolders, type MountHolder } from './holders.ts'
import { attempt } from './libc.ts'
import { isComposefsMount, mountAt, mounts } from './mountinfo.ts'
import { terminated } from './path.ts'

export const MNT_DETACH = 2
const UMOUNT_NOFOLLOW = 8

/** How to unmount. */
export interface UnmountOptions {
  /** Takes the mount out of the tree now; it ends when nobody uses it any more. */
  readonly lazy?: boolean | undefined
  /** Also unmounts what is no composefs mount. */
  readonly force?: boolean | undefined
}

/** A failed umount2. EBUSY knows who keeps the mount busy, up to five of them, and the mounts below it. */
export interface BusyError extends NodeJS.ErrnoException {
  readonly holders: readonly MountHolder[]
  readonly submounts: readonly string[]
}

/**
 * Unmounts the composefs mount at `target`, the topmost if several are stacked.
 *
 * @throws LinuxError ERR_LINUX_NOT_MOUNTED, ERR_LINUX_NOT_COMPOSEFS
 * @throws Node-shaped errors; a BusyError where somebody uses the mount
 */
export function unmountComposefs(target: string, options: UnmountOptions = {}): void {
  const { lazy = false, force = false } = options
  // To Node no path at all is the directory that we are in; to the kernel it is none.
  if (target === '') throw systemError(ENOENT, 'umount2', { path: target })
  const path = realpathSync(target)
  const entry = mountAt(path)
  if (entry === undefined) {
    throw new LinuxError('ERR_LINUX_NOT_MOUNTED', `nothing is mounted at ${path}`, { path })
  }
  if (!force && !isComposefsMount(entry)) {
    throw new LinuxError(
      'ERR_LINUX_NOT_COMPOSEFS',
      `${path} is no composefs mount (${entry.type} of ${entry.source})`,
      { path, type: entry.type, source: entry.source },
    )
  }
  const bytes = terminated(path)
  const result = attempt(c => c.umount2(bytes, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)))
  if (result === -EBUSY) throw busyError(path, entry.id)
  if (result < 0) throw systemError(-result, 'umount2', { path })
}

function busyError(path: string, mount: number): BusyError {
  const holders = findHolders(path)
  const submounts = mounts()
    .filter(entry => entry.parent === mount)
    .map(entry => entry.target)
  const meaning = [
    ...holders.map(({ pid, command }) => `process ${pid} (${command})`),
    ...submounts.map(submount => `the mount ${submount}`),
  ].join(', ')
  const error = systemError(EBUSY, 'umount2', {
    path,
    meaning: meaning === '' ? undefined : `used by ${meaning}`,
  })
  return Object.assign(error, { holders, submounts })
}
