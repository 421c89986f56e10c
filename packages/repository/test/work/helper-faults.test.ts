import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import type { FaultPlanOptions } from '@composefs/linux/faults'
import { describe, expect, test } from 'vitest'
import {
  checkRepository,
  initRepository,
  type ObjectIntake,
  openRepository,
} from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'
import { objectHelpers } from './object-threads.ts'
import { putAll } from './put-all.ts'

/** Several slots. */
const contents = (round: number) =>
  Array.from({ length: 3000 }, (_, i) => Buffer.alloc(2000, `content ${round} ${i} `))

/** A helper that starts late may find no work the first time. */
const ROUNDS = 20

async function putOften(intake: ObjectIntake): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await putAll(intake, contents(round))
}

/** What a job that stores asks of the kernel. */
const CALLS = ['openSync', 'writeSync', 'linkUnnamed', 'closeSync']

function faultyHelper(fault: FaultPlanOptions) {
  return {
    threads: 1,
    createWorker: (data: object) =>
      new Worker(new URL('faulty-object-worker.ts', import.meta.url), {
        execArgv: ['--conditions=composefs-source', '--no-warnings'],
        workerData: { ...data, fault },
      }),
  }
}

/** Files of the directory that this process has open. */
function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap(file => {
    try {
      const path = readlinkSync(`/proc/self/fd/${file}`)
      return path.startsWith(`${directory}/objects`) ? [path] : []
    } catch {
      // The one of readdir itself.
      return []
    }
  })
}

describe.each(CALLS)('%s fails in a helper', call => {
  test.each([
    ['EIO', 1],
    ['EIO', 40],
    ['ENOSPC', 7],
    ['EDQUOT', 100],
  ])('with %s, at call %i', async (code, nth) => {
    const path = join(temporaryDirectory(), 'repository')
    await initRepository(path, { system: linuxSystem, algorithm: SHA256, insecure: true })
    {
      const helpers = faultyHelper({ nth, code, calls: [call], within: path })
      await using repository = await openRepository(path, { system: linuxSystem, helpers })
      repository.slots.startHelpers()
      await expect(putOften(repository.intake)).rejects.toMatchObject({ code })
      expect(openFiles(path)).toEqual([])
    }
    const names = readdirSync(join(path, 'objects'), { recursive: true, encoding: 'utf8' })
    expect(names.filter(name => /(^|\/)[.#]/.test(name))).toEqual([])

    // Nothing that was stored is wrong, and the same work goes through without faults.
    const helpers = objectHelpers(1)
    await using repository = await openRepository(path, { system: linuxSystem, helpers })
    repository.slots.startHelpers()
    expect(await putAll(repository.intake, contents(0))).toHaveLength(3000)
    expect((await checkRepository(repository)).findings).toEqual([])
  })
})
