import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, run, runWell } from './program.ts'
import { fingerprint, type Snapshot, takeSnapshot, temporariesOf, unexpected } from './snapshot.ts'
import { collectAll, findFaults, findFaultsByPeer } from './soundness.ts'
import { type TracedCall, traceCalls } from './strace.ts'
import type { Scenario, World } from './world.ts'

/** One in so many repositories is checked by the peer too. */
const PEER_SHARE = 10
/** Part of the newest run in the average of all. */
const NEWEST_WEIGHT = 0.2

/** What a command does when nothing disturbs it. */
export interface Undisturbed {
  readonly world: World
  readonly scenario: Scenario
  readonly before: Snapshot
  readonly after: Snapshot
  /** The same without what garbage collection takes. */
  readonly keptBefore: Snapshot
  readonly keptAfter: Snapshot
  readonly pace: Pace
}

/** How long a command takes that nobody disturbs, while trials run beside it. */
class Pace {
  #duration: number | undefined

  /** Adds a run of so many ms. */
  add(duration: number): void {
    const before = this.#duration ?? duration
    this.#duration = before + (duration - before) * NEWEST_WEIGHT
  }

  /** In ms. */
  get duration(): number {
    return this.#duration ?? 0
  }
}

/** What came of one disturbed run. */
export interface Trial {
  readonly ended: Ended
  /** What is not as it should be. */
  readonly problems: readonly string[]
  /** Equal for trials that left the same behind. */
  readonly left: string
  /** True when the run did not come to the call in which it was to be disturbed. */
  readonly isMissed: boolean
  /** True when names or objects had come or gone, but not all of them. */
  readonly isHalfDone: boolean
}

/** Runs the command of a scenario alone. */
export async function runUndisturbed(world: World, scenario: Scenario): Promise<Undisturbed> {
  const place = placeOf(world, scenario, 'undisturbed')
  try {
    const { environment } = world
    await runWell(['cp', '-a', scenario.before, place.repository])
    const before = takeSnapshot(place.repository)
    await collectAll(place.repository)
    const keptBefore = takeSnapshot(place.repository)
    rmSync(place.repository, { recursive: true })

    await runWell(['cp', '-a', scenario.before, place.repository])
    const pace = new Pace()
    pace.add((await runWell(scenario.words(place.repository), { environment })).duration)
    const after = takeSnapshot(place.repository)
    await collectAll(place.repository)
    const keptAfter = takeSnapshot(place.repository)
    return { world, scenario, before, after, keptBefore, keptAfter, pace }
  } finally {
    rmSync(place.directory, { recursive: true })
  }
}

/** The system calls of an undisturbed run that touch images or repositories. */
export async function callsOf({ world, scenario }: Undisturbed): Promise<readonly TracedCall[]> {
  const place = placeOf(world, scenario, 'traced')
  try {
    await runWell(['cp', '-a', scenario.before, place.repository])
    const { environment } = world
    const watched = [...world.watched, place.repository]
    return await traceCalls(scenario.words(place.repository), {
      log: place.log,
      watched,
      environment,
    })
  } finally {
    rmSync(place.directory, { recursive: true })
  }
}

/** Where a trial may work. */
export interface Place {
  readonly directory: string
  /** The copy of the repository. */
  readonly repository: string
  /** For the lines of strace. */
  readonly log: string
}

/** How a disturbed run ended. */
export interface Attempted extends Ended {
  /** The calls in which it was disturbed, where it was to be disturbed in calls. */
  readonly hits?: readonly string[]
}

/** A disturbed run, and what it may leave. */
export interface Disturbance {
  /** A name of its own among those of the scenario. */
  readonly name: string
  /** Seeds what differs between trials. */
  readonly number: number
  attempt(place: Place): Promise<Attempted>
  /** What is wrong with the way the run ended. */
  judge?(ended: Attempted, left: { readonly temporaries: readonly string[] }): readonly string[]
}

/**
 * Disturbs a command on a fresh copy of its repository. Whatever happened: nothing is broken, nothing is there that is
 * neither from before nor from after, the command completes when it is repeated, and after a garbage collection the
 * repository is what an undisturbed run makes of it.
 */
export async function tryDisturbed(
  undisturbed: Undisturbed,
  disturbance: Disturbance,
): Promise<Trial> {
  const { world, scenario, before, after } = undisturbed
  const place = placeOf(world, scenario, disturbance.name)
  const { repository } = place
  await runWell(['cp', '-a', scenario.before, repository])
  const ended = await disturbance.attempt(place)
  const snapshot = takeSnapshot(repository)
  const temporaries = temporariesOf(snapshot).filter(path => !before.has(path))
  const problems = [
    ...(ended.hung ? ['it did not end'] : []),
    ...(disturbance.judge?.(ended, { temporaries }) ?? []),
    ...unexpected(snapshot, before, after)
      .filter(line => !temporaries.some(path => line.startsWith(`${path}: `)))
      .map(line => `is there: ${line}`),
    ...(await soundnessOf(undisturbed, disturbance, { repository, ended })),
  ]
  rmSync(place.directory, { recursive: true })
  const left = fingerprint(new Map([...snapshot].filter(([path]) => !temporaries.includes(path))))
  const isHalfDone = ![before, after].some(whole => fingerprint(whole) === left)
  const isMissed = ended.hits?.length === 0
  return { ended, problems, left, isMissed, isHalfDone }
}

async function soundnessOf(
  { world, scenario, keptBefore, keptAfter, pace }: Undisturbed,
  { number }: Disturbance,
  { repository, ended }: { readonly repository: string; readonly ended: Ended },
): Promise<string[]> {
  const problems: string[] = []
  const check = async (when: string) => {
    const faults = await findFaults(repository)
    if (number % PEER_SHARE === 0) faults.push(...(await findFaultsByPeer(repository)))
    problems.push(...faults.map(fault => `${when}: ${fault}`))
  }
  try {
    await check('afterwards')
    // Every other time what was begun is gone before the command is repeated.
    if (number % 2 === 1) {
      await collectAll(repository)
      await check('after a collection')
      const kept = takeSnapshot(repository)
      problems.push(...unexpected(kept, keptBefore, keptAfter).map(line => `kept: ${line}`))
    }
    if (ended.status !== 0) {
      const { environment } = world
      const again = await run(scenario.words(repository), { environment })
      pace.add(again.duration)
      if (again.status !== 0) problems.push(`repeated: exit ${again.status}: ${again.stderr}`)
      await check('after the repeat')
    }
    await collectAll(repository)
    await check('at the end')
    const end = takeSnapshot(repository)
    problems.push(...unexpected(end, keptAfter).map(line => `at the end there is: ${line}`))
    problems.push(...unexpected(keptAfter, end).map(line => `at the end is missing: ${line}`))
  } catch (error) {
    problems.push(`cannot be checked: ${error instanceof Error ? error.stack : String(error)}`)
  }
  return problems
}

function placeOf(world: World, scenario: Scenario, name: string): Place {
  const directory = join(world.directory, 'trials', `${scenario.name}-${name}`)
  mkdirSync(directory, { recursive: true })
  return { directory, repository: join(directory, 'repository'), log: join(directory, 'log') }
}
