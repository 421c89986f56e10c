import { showUtf8 } from '@composefs/bytes'
import { RepositoryError } from './errors.ts'
import { StoreFailure } from './scan-file.ts'

/** Runs a step of a scan; what goes wrong in it is about `path`, unless it is about who stores. */
export function named<T>(path: Uint8Array, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof StoreFailure) throw error
    const shown = showUtf8(path)
    if (error instanceof RepositoryError) {
      const facts = { ...error.facts, path: shown }
      throw new RepositoryError(error.code, `${shown}: ${error.message}`, facts, { cause: error })
    }
    if (!isSystemError(error)) throw error
    const { code, errno, syscall } = error
    const renamed = new Error(`${code}: ${syscall} '${shown}'`, { cause: error })
    throw Object.assign(renamed, { code, errno, syscall, path: shown })
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
