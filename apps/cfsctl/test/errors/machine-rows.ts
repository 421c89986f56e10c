import type { Ground } from '../command-runs.ts'
import type { ExpectedError } from './expect-error.ts'

/** A script of bash that fails; in it `"$@"` is our program, and its first argument of its own the row's `args`. */
export interface MachineRow extends ExpectedError {
  readonly title: string
  /** Where only root can do it. */
  readonly needsRoot: boolean
  readonly script: (ground: Ground) => string
}

/** Errors that come from the machine: locks, mounts, full disks, signals. */
export const MACHINE_ROWS: readonly MachineRow[] = [
  {
    code: 'locked',
    exit: 6,
    title: 'another process holds the repository',
    needsRoot: false,
    script: ({ repository, scratch }) =>
      `flock -x ${repository} -c 'touch ${scratch}; exec sleep 60' & until test -e ${scratch}; do sleep 0.1; done
       "$@" --lock-timeout=0 cat x; status=$?; kill $(jobs -p); exit $status`,
    hint: /process \d+ holds the lock: (?:flock|sleep)/,
  },
  ...(
    [
      ['interrupted', 130, 'INT'],
      ['terminated', 143, 'TERM'],
      ['hung-up', 129, 'HUP'],
    ] as const
  ).map(([code, exit, signal]) => ({
    code,
    exit,
    title: `SIG${signal}`,
    needsRoot: false,
    // Job control, so that the shell does not have SIGINT ignored. Node itself never catches SIGHUP: we listen then.
    script: ({ scratch }: Ground) =>
      `set -m; mkfifo ${scratch}; "$@" import-image x < ${scratch} & exec 9> ${scratch}
       until (( 0x$(awk '/^SigCgt/ { print $2 }' /proc/$!/status) & 1 )); do sleep 0.1; done
       kill -${signal} %1; wait %1`,
  })),
  {
    code: 'no-space',
    exit: 1,
    title: 'a full file system',
    needsRoot: true,
    script: ({ mountpoint, root }) =>
      `unshare -m bash -c 'mount -t tmpfs -o size=24k none ${mountpoint} &&
         "$@" init --insecure ${mountpoint}/r > /dev/null && "$@" --repo ${mountpoint}/r create-image ${root} x' bash "$@"`,
    hint: /make room .*run it again/,
  },
  {
    code: 'read-only-repository',
    exit: 5,
    title: 'a file system that is mounted read-only',
    needsRoot: true,
    script: ({ repository }) =>
      `unshare -m bash -c 'mount --bind ${repository} ${repository} && mount -o remount,ro,bind ${repository} &&
         "$@" image rm img' bash "$@"`,
    hint: /reading commands work/,
  },
  {
    code: 'busy',
    exit: 1,
    title: 'a mount that is in use',
    needsRoot: true,
    script: ({ mountpoint }) =>
      `unshare -m bash -c '"$@" mount img ${mountpoint} > /dev/null; cd ${mountpoint}; "$@" umount ${mountpoint}' bash "$@"`,
    hint: /process \d+ .*uses it[\s\S]*--lazy/,
  },
  {
    code: 'not-permitted',
    exit: 5,
    title: 'mounting without root',
    needsRoot: true,
    script: ({ mountpoint, repository }) =>
      `chmod 755 ${repository}/..; chmod -R a+rX ${repository}
       setpriv --reuid 65534 --clear-groups "$@" mount img ${mountpoint}`,
    hint: /root/,
  },
]
