import { type DoneSlot, toError } from '@composefs/threads'

/** Throws the failure of a job, if it has failed; of several failures of a slot the first. */
export function assertDone(slot: DoneSlot, job: number): void {
  if (!slot.hasFailed(job)) return
  const failed = slot.failure
  throw failed === undefined ? new Error(`job ${job} has failed`) : toError(failed.failure)
}
