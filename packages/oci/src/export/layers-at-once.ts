import { availableParallelism } from 'node:os'
import type { ImageTarget } from '../target/image-target.ts'

/** More layers at once than this are no faster, whatever the machine. */
const JOBS_MAX = 4

/** How many layers are sent to a target at once, where `jobs` of them are wanted or nobody says. */
export function layersAtOnce(target: ImageTarget, jobs: number | undefined): number {
  const wanted = jobs ?? Math.min(availableParallelism(), JOBS_MAX)
  return Math.max(1, Math.min(wanted, target.concurrency ?? wanted))
}
