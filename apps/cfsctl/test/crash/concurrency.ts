import { join } from 'node:path'
import { seededRandom } from '@composefs/test-fixtures'
import { peer } from '../programs.ts'
import { IMAGE_NAMES, type ImageName } from './images.ts'
import { runWell } from './program.ts'
import { takeSnapshot, unexpected } from './snapshot.ts'
import { collectAll, findFaults, findFaultsByPeer } from './soundness.ts'
import type { World } from './world.ts'

const PULLERS = 4
/** Chance in percent that a puller removes its tag first, so that there is garbage, and that it pulls from afar. */
const UNTAG_CHANCE = 40
const REMOTE_CHANCE = 50
/** One in so many collections is the peer's. */
const PEER_SHARE = 3

/** What was done at the same time, and what went wrong. */
export interface ConcurrencyReport {
  readonly pulls: number
  readonly collections: number
  readonly checks: number
  readonly problems: readonly string[]
}

/**
 * Lets four processes pull images that share layers, one collect garbage, and one check, all of them again and again
 * on one repository for `seconds`. Nothing may fail, every pull has the ids that it has alone, and in the end the
 * repository is the one that quiet pulls of the same images make.
 */
export async function runConcurrently(
  world: World,
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Promise<ConcurrencyReport> {
  const repository = await initialised(world, 'concurrent')
  const quiet = await initialised(world, 'quiet')
  const ids = new Map<ImageName, string>()
  for (const image of IMAGE_NAMES) {
    ids.set(image, await pull(world, quiet, { image: world.local(image), tag: 'any' }))
  }
  await ours(world, quiet, 'oci', 'untag', 'any')

  const crowd = new Crowd({ world, repository, ids, end: performance.now() + seconds * 1000 })
  await crowd.work(seed)
  const { problems, tags, counts } = crowd
  problems.push(...(await findFaults(repository)), ...(await findFaultsByPeer(repository)))

  await collectAll(repository)
  for (const [tag, image] of tags) await pull(world, quiet, { image: world.local(image), tag })
  await collectAll(quiet)
  const [is, should] = [takeSnapshot(repository), takeSnapshot(quiet)]
  problems.push(...unexpected(is, should).map(line => `at the end there is: ${line}`))
  problems.push(...unexpected(should, is).map(line => `at the end is missing: ${line}`))
  return { ...counts, problems }
}

/** Those who use one repository at the same time, until the time is over or something went wrong. */
class Crowd {
  readonly counts = { pulls: 0, collections: 0, checks: 0 }
  readonly problems: string[] = []
  /** What was pulled last, by tags that are there. */
  readonly tags = new Map<string, ImageName>()
  readonly #world: World
  readonly #repository: string
  readonly #ids: ReadonlyMap<ImageName, string>
  readonly #end: number

  constructor(options: {
    readonly world: World
    readonly repository: string
    readonly ids: ReadonlyMap<ImageName, string>
    /** On the clock of `performance`. */
    readonly end: number
  }) {
    this.#world = options.world
    this.#repository = options.repository
    this.#ids = options.ids
    this.#end = options.end
  }

  async work(seed: number): Promise<void> {
    const pullers = Array.from({ length: PULLERS }, (_, number) => {
      const random = seededRandom(seed + number)
      return this.#again(() => this.#pull(`tag-${number}`, random))
    })
    await Promise.all([
      ...pullers,
      this.#again(() => this.#collect()),
      this.#again(() => this.#check()),
    ])
  }

  async #pull(tag: string, random: ReturnType<typeof seededRandom>): Promise<void> {
    const world = this.#world
    if (this.tags.has(tag) && random.below(100) < UNTAG_CHANCE) {
      await ours(world, this.#repository, 'oci', 'untag', tag)
      this.tags.delete(tag)
    }
    const name = random.pick([...this.#ids.keys()])
    const image = random.below(100) < REMOTE_CHANCE ? world.remote(name) : world.local(name)
    const id = await pull(world, this.#repository, { image, tag })
    this.tags.set(tag, name)
    this.counts.pulls++
    if (id !== this.#ids.get(name)) this.problems.push(`${image} is ${id}`)
  }

  async #collect(): Promise<void> {
    // The peer's takes the same lock.
    const isPeers = this.counts.collections % PEER_SHARE === PEER_SHARE - 1
    if (peer !== undefined && isPeers) await runWell([peer, '--repo', this.#repository, 'gc'])
    else await ours(this.#world, this.#repository, 'gc')
    this.counts.collections++
  }

  async #check(): Promise<void> {
    const words = this.counts.checks % 2 === 0 ? ['fsck'] : ['oci', 'fsck']
    await ours(this.#world, this.#repository, ...words)
    this.counts.checks++
  }

  async #again(work: () => Promise<void>): Promise<void> {
    while (performance.now() < this.#end && this.problems.length === 0) {
      try {
        await work()
      } catch (error) {
        this.problems.push(error instanceof Error ? error.message : String(error))
      }
    }
  }
}

async function initialised(world: World, name: string): Promise<string> {
  const path = join(world.directory, name)
  const { environment } = world
  await runWell([...world.program, 'init', '--insecure', path], { environment })
  return path
}

/** Pulls an image and returns the ids that the pull tells. */
async function pull(
  world: World,
  repository: string,
  { image, tag }: { readonly image: string; readonly tag: string },
): Promise<string> {
  const { stdout } = await ours(world, repository, '--json', 'oci', 'pull', image, tag)
  const { manifest_digest, manifest_verity, config_verity, composefs_erofs } = JSON.parse(stdout)
  return [manifest_digest, manifest_verity, config_verity, composefs_erofs].join(' ')
}

function ours(world: World, repository: string, ...words: readonly string[]) {
  const { environment } = world
  return runWell(world.command(repository, ...words), { environment })
}
