import { isRepositoryError } from './errors.ts'

/** True for a system call that failed because of the file it was about, not because of a mistake of ours. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)
}

/** What an error says, without the path that is told beside it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message } = error
  if (isRepositoryError(error)) {
    const { path } = error.facts
    const isFirst = path !== undefined && message.startsWith(path)
    return isFirst ? message.slice(path.length).replace(/^:? /, '') : message
  }
  // Node: `EACCES: permission denied, open '/…'`.
  const { syscall } = error as NodeJS.ErrnoException
  const end = syscall === undefined ? -1 : message.indexOf(`, ${syscall}`)
  return end < 0 ? message : message.slice(0, end)
}
