import { join } from 'node:path'
import { seededRandom } from '@composefs/test-fixtures'
import { peer } from '../programs.ts'
import { IMAGE_NAMES, type ImageName } from './images.ts'
import { run, runWell } from './program.ts'
import { takeSnapshot, unexpected } from './snapshot.ts'
import { collectAll, findFaults, findFaultsByPeer } from './soundness.ts'
import type { World } from './world.ts'

const PULLERS = 4
/** Chance in percent that a puller removes its tag first, so that there is garbage, and that it pulls from afar. */
const UNTAG_CHANCE = 40
const REMOTE_CHANCE = 50

/** What was done at the same time, and what went wrong. */
export interface ConcurrencyReport {
  readonly pulls: number
  readonly collections: number
  readonly checks: number
  readonly problems: readonly string[]
}

/**
 * Lets four processes pull images that share layers, one collect garbage, and one check, all of them again and again
 * on one repository for `seconds`. Nothing may fail, every pull has the id that it has alone, and in the end the
 * repository is the one that quiet pulls of the same images make.
 */
export async function runConcurrently(
  world: World,
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Promise<ConcurrencyReport> {
  const { directory, environment } = world
  const repository = join(directory, 'concurrent')
  const quiet = join(directory, 'quiet')
  const problems: string[] = []
  const counts = { pulls: 0, collections: 0, checks: 0 }
  for (const path of [repository, quiet]) {
    await runWell([...world.program, 'init', '--insecure', path], { environment })
  }
  const ids = new Map<ImageName, string>()
  for (const image of IMAGE_NAMES) ids.set(image, await pull(quiet, image, image))
  for (const image of IMAGE_NAMES) {
    await runWell(world.command(quiet, 'oci', 'untag', image), { environment })
  }

  const end = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= end || problems.length > 0
  const last = new Map<string, ImageName>()
  await Promise.all([
    ...Array.from({ length: PULLERS }, (_, number) => pullAll(`tag-${number}`, number)),
    collectAgainAndAgain(),
    checkAgainAndAgain(),
  ])

  await expectSound('at the end', [...(await findFaults(repository))])
  await collectAll(repository)
  for (const [tag, image] of last) await pull(quiet, image, tag)
  await collectAll(quiet)
  const [is, should] = [takeSnapshot(repository), takeSnapshot(quiet)]
  problems.push(...unexpected(is, should).map(line => `at the end there is: ${line}`))
  problems.push(...unexpected(should, is).map(line => `at the end is missing: ${line}`))
  problems.push(...(await findFaultsByPeer(repository)))
  return { ...counts, problems }

  /** The ids that a pull tells. */
  async function pull(path: string, image: ImageName, tag: string, from = world.local(image)) {
    const words = world.command(path, '--json', 'oci', 'pull', from, tag)
    const { stdout } = await runWell(words, { environment })
    const { manifest_digest, manifest_verity, config_verity, composefs_erofs } = JSON.parse(stdout)
    return [manifest_digest, manifest_verity, config_verity, composefs_erofs].join(' ')
  }

  async function pullAll(tag: string, number: number): Promise<void> {
    const random = seededRandom(seed + number)
    const images = [...ids.keys()]
    while (!isOver()) {
      await attempt(async () => {
        if (last.has(tag) && random.below(100) < UNTAG_CHANCE) {
          await runWell(world.command(repository, 'oci', 'untag', tag), { environment })
          last.delete(tag)
        }
        const image = random.pick(images)
        const source = random.below(100) < REMOTE_CHANCE ? world.remote(image) : world.local(image)
        const id = await pull(repository, image, tag, source)
        last.set(tag, image)
        counts.pulls++
        if (id !== ids.get(image)) problems.push(`${image} is ${id}, not ${ids.get(image)}`)
      })
    }
  }

  async function collectAgainAndAgain(): Promise<void> {
    while (!isOver()) {
      await attempt(async () => {
        // The peer's takes the same lock.
        const isPeers = peer !== undefined && counts.collections % 3 === 2
        const words = isPeers
          ? [peer ?? '', '--repo', repository, 'gc']
          : world.command(repository, 'gc')
        await runWell(words, { environment })
        counts.collections++
      })
    }
  }

  async function checkAgainAndAgain(): Promise<void> {
    while (!isOver()) {
      await attempt(async () => {
        const words = counts.checks % 2 === 0 ? ['fsck'] : ['oci', 'fsck']
        const { status, stdout, stderr } = await run(world.command(repository, ...words), {
          environment,
        })
        counts.checks++
        if (status !== 0) problems.push(`${words.join(' ')}: exit ${status}: ${stdout}${stderr}`)
      })
    }
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }

  async function expectSound(when: string, faults: readonly string[]): Promise<void> {
    problems.push(...faults.map(fault => `${when}: ${fault}`))
  }
}
