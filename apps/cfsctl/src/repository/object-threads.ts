import { availableParallelism } from 'node:os'
import type { ObjectHelpers } from '@composefs/repository'
import { CliError } from '../errors/cli-error.ts'
import { startHelperWorker } from './helper-worker.ts'
import { keepYoungGenerationSmall } from './young-generation.ts'

/**
 * Says how many threads there are beside the main one, which then start with the first work there is; what is not set,
 * or empty, leaves both to us.
 */
const VARIABLE = 'COMPOSEFS_HELPERS'

/** More of them wait for the one that reads, inflates and splits. */
const HELPERS_MAX = 3

/** Whoever asks for more gets so many: the memory in which they work has a fixed number of places. */
const ASKED_MAX = 15

/** So many layers come at once with the memory that the threads ask for by themselves. */
const USUAL_LAYERS = 4

/** Mebibytes that are worked on beside those that layers are read into. */
const SPARE_SLOTS = 4

/** Layers that have memory of their own; more than that share it. */
const LAYERS_MAX = 64

/** Room for short-lived objects in a thread: what it makes of a content is gone with the next one. */
const YOUNG_MEGABYTES = 2

/**
 * The threads that hash and store beside the main one: one less than `--jobs` says, by default one for each further
 * processor, at most three. They start when there is enough to do, or at once when the variable asks for them.
 *
 * @throws CliError usage: the variable is no number
 */
export function objectHelpers(jobs?: number): ObjectHelpers {
  const slots = slotCount(jobs)
  return {
    threads: helperCount(jobs),
    createWorker: startHelper,
    startAtOnce: Boolean(process.env[VARIABLE]),
    ...(slots === undefined ? {} : { slotCount: slots }),
  }
}

/**
 * A layer holds a slot while it is read into it, which takes long where a registry is slow: with fewer slots than
 * layers the others would stand still behind those that stall. Memory that nobody fills costs nothing.
 */
function slotCount(jobs: number | undefined): number | undefined {
  if (jobs === undefined || jobs <= USUAL_LAYERS) return undefined
  return Math.min(LAYERS_MAX, jobs) + SPARE_SLOTS
}

function helperCount(jobs: number | undefined): number {
  const text = process.env[VARIABLE] || undefined
  if (text === undefined && jobs !== undefined) return Math.min(ASKED_MAX, jobs - 1)
  if (text === undefined) return Math.min(HELPERS_MAX, availableParallelism() - 1)
  if (/^\d{1,2}$/.test(text)) return Number(text)
  throw new CliError('usage', `${VARIABLE} is '${text}': a number of threads`)
}

const startHelper: ObjectHelpers['createWorker'] = data => {
  keepYoungGenerationSmall()
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
  return startHelperWorker({ workerData: data, resourceLimits })
}
