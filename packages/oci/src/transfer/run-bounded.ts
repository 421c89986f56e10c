/** What to run. */
export interface BoundedJobs<Job> {
  /** Most jobs at once. */
  readonly limit: number
  /** Gives the next job, whenever there is room for one; undefined when there are no more. */
  next(): Job | undefined
  /** @param signal aborted by the failure of another job too */
  run(job: Job, signal: AbortSignal): Promise<void>
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs jobs, some of them at once, and ends when all have ended. After the first failure none is started and the others
 * are told to stop.
 *
 * @throws the error of the first job that failed; the reason of `signal`, which what fails after an abort fails because of
 */
export async function runBounded<Job>(jobs: BoundedJobs<Job>): Promise<void> {
  const stop = new AbortController()
  const outer = jobs.signal
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal])
  const work = async () => {
    try {
      while (!stop.signal.aborted) {
        const job = jobs.next()
        if (job === undefined) return
        signal.throwIfAborted()
        await jobs.run(job, signal)
      }
    } catch (error) {
      // The first one counts: an abort keeps its reason.
      stop.abort(outer?.aborted ? outer.reason : error)
    }
  }
  await Promise.all(Array.from({ length: jobs.limit }, work))
  stop.signal.throwIfAborted()
}
