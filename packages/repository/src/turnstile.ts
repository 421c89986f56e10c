import { isErrno } from './errors.ts'
import { openForReading } from './file-bytes.ts'
import type { FileDescriptor, System } from './system.ts'

/**
 * Opens the turnstile of a repository, its meta.json; undefined when there is none to open: who comes goes straight
 * to the lock, and reading meta.json will tell what is wrong with it.
 *
 * A lock that many share in turns is never free, and a gc would wait for ever. So everybody takes the turnstile while
 * taking the lock of the directory, and gives it back right after: shared those who want to share, exclusively who
 * wants to be alone. While one of these waits, holding the turnstile, nobody new comes in, and those inside leave one
 * by one. It is a courtesy, no second lock: who cannot or does not take it (other programs do not know of it) only
 * comes out of turn.
 *
 * Nobody waits at the turnstile holding the lock: the one inside would wait for the one outside.
 */
export function openTurnstile(path: string): FileDescriptor | undefined {
  try {
    return openForReading(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'ELOOP', 'ENXIO')) return undefined
    throw error
  }
}

/** One try to take the turnstile; true also where the file system does not lock files that are open for reading. */
export function tryTurnstile(
  system: System,
  turnstile: FileDescriptor,
  mode: 'shared' | 'exclusive',
): boolean {
  try {
    return system.tryLock(turnstile, mode)
  } catch (error) {
    // NFS wants a file that is open for writing for an exclusive lock, and may have no locks at all.
    if (isErrno(error, 'EBADF', 'ENOLCK', 'ENOSYS', 'EINVAL', 'ENOTSUP')) return true
    throw error
  }
}
