import { getSystemErrorMap } from 'node:util'
import { isFileError } from '../reason.ts'
import { JobOutcome, JobResult } from './object-job.ts'

/** In the place of a digest: the errno, as Node has it, and the name of the call in ASCII, its length before it. */
const Failed = { errno: 0, syscall: 4, end: JobResult.outcome } as const

/**
 * Notes that a file could not be read, which is the result of a job and not its failure: of many failures of a slot only
 * one is known.
 *
 * @throws `error` when it is anything else
 */
export function writeFileFailure(result: Uint8Array, error: unknown): void {
  if (!isFileError(error) || error.errno === undefined) throw error
  const view = new DataView(result.buffer, result.byteOffset, result.length)
  view.setInt32(Failed.errno, error.errno, true)
  const syscall = Buffer.from(error.syscall ?? 'read', 'latin1')
  const name = syscall.subarray(0, Failed.end - Failed.syscall - 1)
  result[Failed.syscall] = name.length
  result.set(name, Failed.syscall + 1)
  result[JobResult.outcome] = JobOutcome.failed
}

/** The error that a job noted, as Node would throw it. */
export function readFileFailure(result: Uint8Array, path: string): NodeJS.ErrnoException {
  const view = new DataView(result.buffer, result.byteOffset, result.length)
  const errno = view.getInt32(Failed.errno, true)
  const start = Failed.syscall + 1
  const end = start + (result[Failed.syscall] as number)
  const syscall = String.fromCharCode(...result.subarray(start, end))
  const [code, text] = getSystemErrorMap().get(errno) ?? [`E${-errno}`, `error ${-errno}`]
  const error = new Error(`${code}: ${text}, ${syscall} '${path}'`)
  return Object.assign(error, { code, errno, syscall, path })
}
