import { isRegistryError } from '@composefs/registry'
import { isUnreadable } from '../check/unreadable.ts'
import { noSpaceCode } from '../disk/free-space.ts'

/**
 * Why a source was of no use, or something could not be made. What is no fault of a source ends the repair: it is
 * thrown again.
 */
export function reasonOfFailure(error: unknown, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted()
  const isKnown = isUnreadable(error) || isRegistryError(error)
  if (noSpaceCode(error) !== undefined || !isKnown) throw error
  return error.message
}
