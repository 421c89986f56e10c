import { EAGAIN, systemError } from './errno.ts'
import { attempt, call } from './libc.ts'

const LOCK_SH = 1
const LOCK_EX = 2
const LOCK_NB = 4
const LOCK_UN = 8

/**
 * Tries once to take the flock of an open file, or to change the mode of the one that is held; false when another
 * process holds it. A change of mode may lose the lock that was held, also when it fails: flock is not atomic there.
 */
export function tryLock(file: number, mode: 'shared' | 'exclusive'): boolean {
  const operation = (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB
  const result = attempt(c => c.flock(file, operation))
  if (result === -EAGAIN) return false
  if (result < 0) throw systemError(-result, 'flock')
  return true
}

/** Gives the flock of an open file back. Closing every descriptor of its description does the same. */
export function unlock(file: number): void {
  call('flock', {}, c => c.flock(file, LOCK_UN))
}
