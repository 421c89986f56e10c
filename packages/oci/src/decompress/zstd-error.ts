import { OciError } from '../errors.ts'

/** What a decoder says, in our words. Errors of anything else stay as they are. */
export function explainZstd(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return corruptZstd('a frame larger than its blocks', error)
  if (code === 'ZSTD_error_checksum_wrong') {
    return corruptZstd('a frame with a wrong checksum', error)
  }
  return code?.startsWith('ZSTD_') ? corruptZstd(error.message, error) : error
}

export function corruptZstd(what: string, cause?: Error): OciError {
  const options = cause === undefined ? undefined : { cause }
  return new OciError('ERR_OCI_COMPRESSION_CORRUPT', `corrupt zstd data (${what})`, {}, options)
}
