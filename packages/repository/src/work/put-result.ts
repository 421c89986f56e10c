import { type Algorithm, Digest } from '@composefs/fsverity'
import type { DoneSlot } from '@composefs/threads'
import type { PutResult } from '../object-store.ts'
import { assertDone } from './job-failure.ts'
import { JobOutcome, JobResult } from './object-job.ts'

/** What the result of a job over a whole content says. */
export function putResult(
  algorithm: Algorithm,
  slot: DoneSlot,
  job: number,
  size: number,
): PutResult {
  assertDone(slot, job)
  const result = slot.result(job)
  const digest = new Digest(algorithm, result.slice(JobResult.digest, algorithm.digestSize))
  return { digest, isNew: result[JobResult.outcome] === JobOutcome.stored, size }
}
