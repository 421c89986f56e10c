import { everyNth } from './every-nth.ts'
import type { Ended } from './program.ts'
import { runWithFault, type TracedCall } from './strace.ts'
import type { Disturbance, Undisturbed } from './trial.ts'

/** Which calls a full disk, a broken one, a full table of files, and a signal let fail. */
const FAULTS: readonly { readonly errno: string; readonly calls: ReadonlySet<string> | 'all' }[] = [
  {
    errno: 'ENOSPC',
    calls: new Set([
      ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'copy_file_range', 'ftruncate'],
      ...['fallocate', 'mkdir', 'linkat', 'symlink', 'rename', 'renameat2', 'syncfs', 'fsync'],
    ]),
  },
  { errno: 'EIO', calls: 'all' },
  { errno: 'EMFILE', calls: new Set(['openat']) },
  {
    errno: 'EINTR',
    calls: new Set([
      ...['openat', 'read', 'pread64', 'readv', 'preadv', 'write', 'pwrite64', 'writev', 'pwritev'],
      ...['copy_file_range', 'fsync', 'syncfs', 'flock', 'ioctl', 'close'],
    ]),
  },
]

/** The exit statuses of commands that failed in order. */
const FAILED = new Set([1, 3, 4, 5, 6])

/** Lets every n-th of the calls fail, with n so large that there are at most `count` runs. */
export function faultsAtCalls(
  undisturbed: Undisturbed,
  { calls, count }: { readonly calls: readonly TracedCall[]; readonly count: number },
): Disturbance[] {
  const { world, scenario } = undisturbed
  const points = FAULTS.flatMap(({ errno, calls: failing }) =>
    calls
      .filter(({ name }) => failing === 'all' || failing.has(name))
      .map(call => ({ ...call, errno })),
  )
  return everyNth(points, count).map((point, number) => ({
    name: `${point.errno}-${point.name}-${point.number}`,
    number,
    attempt: async ({ repository, log }) => {
      const { environment } = world
      const ended = await runWithFault(scenario.words(repository), point, { log, environment })
      // With one call more or less before it, another one was hit: perhaps one of Node's own.
      const watched = [...world.watched, repository]
      const hits = ended.hits.filter(text => watched.some(directory => text.includes(directory)))
      return { ...ended, hits }
    },
    judge: (ended, { temporaries }) => {
      const { hits = [] } = ended
      if (hits.length === 0) return []
      const isRemoval = hits.some(text => text.startsWith('unlink'))
      return [
        ...judgeFailed(ended),
        // Such a call has to be made again.
        ...(point.errno === 'EINTR' && ended.status !== 0 ? ['was ended by EINTR'] : []),
        // What cannot be removed stays, for garbage collection.
        ...(isRemoval ? [] : temporaries.map(path => `left behind: ${path}`)),
      ]
    },
  }))
}

function judgeFailed({ status, signal, stderr }: Ended): string[] {
  if (status === 0) return []
  const problems: string[] = []
  if (status === null || !FAILED.has(status)) problems.push(`ended with ${status ?? signal}`)
  if (!/^error: ./m.test(stderr)) problems.push('says no error')
  if (/^ {4}at /m.test(stderr)) problems.push('shows a stack')
  return problems.length === 0 ? [] : [...problems, stderr]
}
