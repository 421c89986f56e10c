import type { Progress as ProgressEvent } from '@composefs/oci'
import type { Json } from './result.ts'

/** Tells people or programs on standard error how a long command gets on. */
export interface ProgressView {
  report(event: ProgressEvent): void
  /** The command has done its work. */
  finish(result: { readonly [key: string]: Json }): void
  /** The command has failed; the error is told by others. */
  abandon(): void
}
