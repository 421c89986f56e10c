/**
 * What `promise` gives, unless the signal is aborted before: then its reason is thrown, and what comes later goes to
 * `discard`.
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (late: T) => void = () => {},
): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void) => {
      if (isOver) return
      isOver = true
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(signal.reason))
    signal.addEventListener('abort', onAbort)
    promise.then(
      value => (isOver ? discard(value) : end(() => resolve(value))),
      error => end(() => reject(error)),
    )
    if (signal.aborted) onAbort()
  })
}
