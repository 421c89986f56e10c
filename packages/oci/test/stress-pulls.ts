import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { createEngine } from '@composefs/linux/engine'
import { initRepository, openRepository, type Repository } from '@composefs/repository'
import { seededRandom } from '@composefs/test-fixtures'
import { type PullResult, pull } from '../src/index.ts'
import { writeStressImage } from './stress-image.ts'

export interface StressPullsOptions {
  /** Where everything goes; it is empty again in the end. */
  readonly directory: string
  readonly threads: number
  readonly slotCount: number
  readonly pulls: number
  /** Gets what the process holds after each repository. */
  onRepository?(held: Held): void
}

/** What must not grow. */
export interface Held {
  readonly pulls: number
  readonly aborted: number
  readonly descriptors: number
  readonly residentMegabytes: number
}

/** So many images go into each repository, one with its layers of its own. */
const IMAGES = 5

/**
 * Pulls image after image in this process, aborts half of the pulls somewhere, and throws where an id is not the one
 * that a pull without helpers gave.
 */
export async function stressPulls(options: StressPullsOptions): Promise<Held> {
  const base = mkdtempSync(join(options.directory, 'stress-'))
  const random = seededRandom(options.threads * 1000 + options.slotCount)
  const counts = { pulls: 0, aborted: 0 }
  try {
    const images: string[] = []
    for (let seed = 0; seed < IMAGES; seed++) images.push(await writeStressImage(base, seed))
    const expected: string[] = []
    await inRepository(join(base, 'reference'), undefined, async repository => {
      for (const image of images) expected.push(idsOf(await pull(repository, image)))
    })
    for (let number = 0; counts.pulls < options.pulls; number++) {
      await inRepository(join(base, `repository-${number}`), options, async repository => {
        repository.slots.startHelpers()
        for (const [index, image] of images.entries()) {
          while (random.below(2) === 0) {
            counts.pulls += 1
            if (await pullAborted(repository, image, random.below(60))) counts.aborted += 1
          }
          // Sometimes the next image comes at the same time, and slots are shared.
          const count = random.below(3) === 0 && index + 1 < images.length ? 2 : 1
          const results = await Promise.all(
            images.slice(index, index + count).map(each => pull(repository, each)),
          )
          counts.pulls += count
          for (const [at, result] of results.entries()) {
            const [ids, right] = [idsOf(result), expected[index + at]]
            if (ids !== right) throw new Error(`${ids} instead of ${right}`)
          }
        }
      })
      options.onRepository?.({ ...counts, ...held() })
    }
    return { ...counts, ...held() }
  } finally {
    rmSync(base, { recursive: true })
  }
}

const { hashing, decoders } = createEngine({ fallback: nodeHashing, choice: 'auto' })

export interface TestHelpers {
  readonly threads: number
  readonly slotCount: number
  onWorker?(worker: Worker): void
}

/** Opens a new repository, and takes it away. */
export async function inRepository(
  path: string,
  helpers: TestHelpers | undefined,
  use: (repository: Repository) => Promise<void>,
): Promise<void> {
  const createWorker = (data: object) => {
    const worker = startWorker(data)
    helpers?.onWorker?.(worker)
    return worker
  }
  await initRepository(path, { system: linuxSystem, algorithm: SHA512, insecure: true })
  const repository = await openRepository(path, {
    system: linuxSystem,
    mode: 'write',
    hashing,
    decoders,
    ...(helpers === undefined ? {} : { helpers: { ...helpers, createWorker } }),
  })
  try {
    await use(repository)
  } finally {
    await repository.close()
    rmSync(path, { recursive: true })
  }
}

function startWorker(workerData: object): Worker {
  return new Worker(new URL('object-thread.ts', import.meta.url), {
    workerData,
    execArgv: ['--conditions=composefs-source', '--no-warnings'],
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  })
}

/** False when the pull was quicker. `turns` of the event loop pass before. */
async function pullAborted(repository: Repository, image: string, turns: number): Promise<boolean> {
  const abort = new AbortController()
  const reason = new Error('enough')
  let left = turns
  const wait = () => {
    if (left-- > 0) setImmediate(wait)
    else abort.abort(reason)
  }
  wait()
  try {
    await pull(repository, image, { signal: abort.signal })
    left = 0
    return false
  } catch (error) {
    if (error !== reason) throw error
    return true
  }
}

/** All that a pull says that does not depend on what was there before. */
function idsOf({ manifestDigest, manifestVerity, configVerity, images }: PullResult): string {
  const ids = images.map(({ version, digest }) => `${version}=${digest.hex}`)
  return [manifestDigest, manifestVerity?.hex, configVerity?.hex, ...ids].join(' ')
}

function held(): { descriptors: number; residentMegabytes: number } {
  globalThis.gc?.()
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    residentMegabytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}
