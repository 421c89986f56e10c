import { isRepositoryError } from '@composefs/repository'
import { isSplitstreamError } from '@composefs/splitstream'
import { isOciError } from '../errors.ts'

/** What is stored, or undefined where it cannot be read: it is stored again then. */
export async function unlessUnreadable<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening
  } catch (error) {
    if (isOciError(error) || isRepositoryError(error) || isSplitstreamError(error)) {
      return undefined
    }
    throw error
  }
}
