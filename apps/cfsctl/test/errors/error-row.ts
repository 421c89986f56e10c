import type { Ground } from '../command-runs.ts'
import type { ExpectedError } from './expect-error.ts'

/** A command that fails, and how. */
export interface ErrorRow extends ExpectedError {
  readonly title: string
  /** What is done to the ground before. */
  readonly spoil?: (ground: Ground) => void | Promise<void>
  readonly args: (ground: Ground) => readonly string[]
  readonly input?: Uint8Array
  readonly environment?: (ground: Ground) => Readonly<Record<string, string>>
}
