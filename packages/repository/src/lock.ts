import { fstatSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isErrno, RepositoryError } from './errors.ts'
import type { FileDescriptor, System } from './system.ts'

/** Time between two tries of the lock in ms: doubled from the first to the last. */
const POLL_MIN = 1
const POLL_MAX = 100
/** Waiting time in ms after which it is announced. */
const ANNOUNCE_AFTER = 1000

/** How to wait for the lock of a repository. */
export interface LockOptions {
  readonly system: System
  readonly mode: 'shared' | 'exclusive'
  /** Seconds to wait; 0 is one try. Without it, as long as it takes. */
  readonly timeoutSeconds?: number | undefined
  /** Called once when the wait gets long, with those who hold the lock as far as /proc tells. */
  readonly onWait?: ((holders: readonly LockHolder[]) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A process that holds a lock. */
export interface LockHolder {
  readonly pid: number
  /** Its command name, which the process itself chose: not to be printed raw. Empty when it is gone. */
  readonly command: string
}

/**
 * Takes the flock of an open directory, or changes the one that is held.
 *
 * It asks again and again instead of blocking: a thread that sleeps in flock cannot be called back, neither by a
 * timeout nor by a signal, and holds up the end of the process.
 *
 * @throws RepositoryError ERR_REPOSITORY_LOCKED when the time is over; the reason of an aborted `signal`
 */
export async function acquireLock(directory: FileDescriptor, options: LockOptions): Promise<void> {
  const { system, mode, timeoutSeconds = Number.POSITIVE_INFINITY, onWait, signal } = options
  const start = performance.now()
  let isAnnounced = false
  for (
    let pause = POLL_MIN;
    !system.tryLock(directory, mode);
    pause = Math.min(pause * 2, POLL_MAX)
  ) {
    const waited = performance.now() - start
    const left = timeoutSeconds * 1000 - waited
    if (left <= 0) throw locked(lockHolders(directory), timeoutSeconds)
    if (!isAnnounced && waited >= ANNOUNCE_AFTER) {
      isAnnounced = true
      onWait?.(lockHolders(directory))
    }
    await sleep(Math.min(pause, left), signal)
  }
}

/** Who holds an flock of this file; nobody where /proc does not say. */
export function lockHolders(file: FileDescriptor): LockHolder[] {
  const { dev, ino } = fstatSync(file, { bigint: true })
  return parseLocks(readProc('/proc/locks'), { dev, ino }).map(pid => ({
    pid,
    command: readProc(`/proc/${pid}/comm`).trimEnd(),
  }))
}

/**
 * Processes in the text of /proc/locks that hold an flock of one file. Lines read
 * `1: FLOCK  ADVISORY  WRITE 708 00:2a:12843 0 EOF`; those of waiting processes have `->` after the number.
 */
export function parseLocks(
  text: string,
  file: { readonly dev: bigint; readonly ino: bigint },
): number[] {
  const pids = new Set<number>()
  for (const line of text.split('\n')) {
    const match = /^\d+: FLOCK +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (match === null) continue
    const [, pid, major, minor, inode] = match
    const isSame =
      BigInt(`0x${major}`) === majorOf(file.dev) &&
      BigInt(`0x${minor}`) === minorOf(file.dev) &&
      BigInt(inode ?? '') === file.ino
    // The lock of a process in another pid namespace has pid 0.
    if (isSame && pid !== '0') pids.add(Number(pid))
  }
  return [...pids]
}

/** glibc's gnu_dev_major: twelve bits from bit 8, the others from bit 32. */
function majorOf(dev: bigint): bigint {
  return ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
}

function minorOf(dev: bigint): bigint {
  return (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // No /proc, or the process has ended.
    if (isErrno(error, 'ENOENT', 'EACCES', 'ESRCH')) return ''
    throw error
  }
}

function locked(holders: readonly LockHolder[], seconds: number): RepositoryError {
  const names = holders.map(holder => `process ${holder.pid}`).join(', ')
  return new RepositoryError(
    'ERR_REPOSITORY_LOCKED',
    `the repository is locked by ${names || 'another process'} (waited ${seconds} s)`,
    { holders },
  )
}
