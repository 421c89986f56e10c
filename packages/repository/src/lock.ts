import { closeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { RepositoryError } from './errors.ts'
import { type LockHolder, lockHolders } from './lock-holders.ts'
import type { FileDescriptor, System } from './system.ts'
import { openTurnstile, tryTurnstile } from './turnstile.ts'

/** Time between two tries of a lock in ms: doubled from the first to the last. */
const POLL_MIN = 1
const POLL_MAX = 100
/** Waiting time in ms after which it is announced. */
const ANNOUNCE_AFTER = 1000
/**
 * Longest wait at the turnstile in ms. It has an end because who comes may depend on who is waited for: a command that
 * is run while `cfsctl transaction` holds the lock must get in although a gc waits.
 */
const TURNSTILE_MAX = 5_000

/** How to wait for the lock of a repository. */
export interface LockOptions {
  readonly system: System
  readonly mode: 'shared' | 'exclusive'
  /** Path of the file that orders those who come, see `openTurnstile`. Without it the quickest is first. */
  readonly turnstile?: string | undefined
  /** Seconds to wait; 0 is one try. Without it, as long as it takes. */
  readonly timeoutSeconds?: number | undefined
  /** Called once when the wait gets long, with those who hold the lock as far as /proc tells. */
  readonly onWait?: ((holders: readonly LockHolder[]) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes the flock of an open directory, which the caller does not hold.
 *
 * It asks again and again instead of blocking: a thread that sleeps in flock cannot be called back, neither by a
 * timeout nor by a signal, and holds up the end of the process.
 *
 * @throws RepositoryError ERR_REPOSITORY_LOCKED when the time is over; the reason of an aborted `signal`
 */
export async function acquireLock(directory: FileDescriptor, options: LockOptions): Promise<void> {
  const { system, mode, turnstile: path } = options
  const wait = new Wait(options)
  const turnstile = path === undefined ? undefined : openTurnstile(path)
  try {
    if (turnstile !== undefined) {
      const pass = () => tryTurnstile(system, turnstile, mode)
      await wait.until(pass, { lock: turnstile, limit: TURNSTILE_MAX })
    }
    const isTaken = await wait.until(() => system.tryLock(directory, mode), { lock: directory })
    if (!isTaken) throw locked(lockHolders(directory), options.timeoutSeconds ?? 0)
  } finally {
    if (turnstile !== undefined) closeSync(turnstile)
  }
}

/** One wait for several locks in turn: one end of the time, one announcement. */
class Wait {
  readonly #options: LockOptions
  readonly #start = performance.now()
  readonly #timeout: number
  #isAnnounced = false

  constructor(options: LockOptions) {
    this.#options = options
    this.#timeout = (options.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000
  }

  /** Calls `take` until it succeeds; false when the time, or `limit` in ms for this lock, is over. */
  async until(
    take: () => boolean,
    { lock, limit = Number.POSITIVE_INFINITY }: { lock: FileDescriptor; limit?: number },
  ): Promise<boolean> {
    const { onWait, signal } = this.#options
    const end = Math.min(this.#timeout, performance.now() - this.#start + limit)
    for (let pause = POLL_MIN; !take(); pause = Math.min(pause * 2, POLL_MAX)) {
      const waited = performance.now() - this.#start
      if (waited >= end) return false
      if (!this.#isAnnounced && waited >= ANNOUNCE_AFTER) {
        this.#isAnnounced = true
        onWait?.(lockHolders(lock))
      }
      await sleep(Math.min(pause, end - waited), signal)
    }
    return true
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
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
