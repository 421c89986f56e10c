import type { AlgorithmName } from '@composefs/fsverity'

/** What a thread is asked: the digests of these files. */
export interface DigestRequest {
  readonly id: number
  readonly algorithm: AlgorithmName
  readonly paths: readonly string[]
}

/** What a thread answers. */
export interface DigestAnswer {
  readonly id: number
  /** The digests one behind the other, in the order of the paths; zeros for files that could not be read. */
  readonly digests: Uint8Array
  readonly failures: readonly DigestFailure[]
}

/** A file that could not be read. Errors lose their code on the way between threads, so it travels beside. */
export interface DigestFailure {
  /** Which of the paths. */
  readonly index: number
  readonly code: string
  readonly message: string
  readonly syscall: string | undefined
}
