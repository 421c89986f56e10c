/** True for a system call that failed because of the file it was about, not of a mistake of ours. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)
}

/** What an error says, without the path that the finding has anyway. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message } = error
  const { syscall } = error as NodeJS.ErrnoException
  // Node: `EACCES: permission denied, open '/…'`.
  const end = syscall === undefined ? -1 : message.indexOf(`, ${syscall}`)
  return end < 0 ? message : message.slice(0, end)
}
