import { isErofsError } from '@composefs/erofs'
import { isRegistryError } from '@composefs/registry'
import { isRepositoryError } from '@composefs/repository'
import { isSplitstreamError } from '@composefs/splitstream'
import { noSpaceCode } from '../disk/free-space.ts'
import { isOciError } from '../errors.ts'

/**
 * Why a source was of no use, or something could not be made. What is no fault of a source ends the repair: it is
 * thrown again.
 */
export function reasonOfFailure(error: unknown, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted()
  if (noSpaceCode(error) !== undefined || !isKnown(error)) throw error
  return error.message
}

function isKnown(error: unknown): error is Error {
  return (
    isOciError(error) ||
    isRepositoryError(error) ||
    isSplitstreamError(error) ||
    isErofsError(error) ||
    isRegistryError(error) ||
    (error instanceof Error && 'syscall' in error)
  )
}
