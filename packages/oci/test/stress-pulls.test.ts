import { once } from 'node:events'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { pull } from '../src/index.ts'
import { temporaryDirectory } from './layout-builder.ts'
import { writeStressImage } from './stress-image.ts'
import { type Held, inRepository, stressPulls } from './stress-pulls.ts'

const pulls = Number(process.env.COMPOSEFS_STRESS ?? 12)

test.each([0, 1, 3])(
  'pulls with %i helpers that are aborted at random leave nothing behind, and the others give the right ids',
  async threads => {
    const seen: Held[] = []
    const directory = temporaryDirectory()
    await stressPulls({
      ...{ directory, threads, slotCount: 8, pulls },
      onRepository: held => void seen.push(held),
    })
    // What Node opens once is open after the first repository.
    const [first] = seen
    expect(seen.map(({ descriptors }) => descriptors)).toEqual(seen.map(() => first?.descriptors))
  },
  120_000 + pulls * 2000,
)

test.each([0, 5, 20])(
  'a pull whose helper is ended after %i turns fails, and the repository closes',
  async turns => {
    const directory = temporaryDirectory()
    const image = await writeStressImage(directory, 0)
    const workers: Worker[] = []
    const helpers = {
      threads: 2,
      slotCount: 3,
      onWorker: (each: Worker) => void workers.push(each),
    }
    await inRepository(join(directory, 'repository'), helpers, async repository => {
      repository.slots.startHelpers()
      await Promise.all(workers.map(worker => once(worker, 'online')))
      const pulling = pull(repository, image).catch(error => error)
      for (let left = turns; left > 0; left--) await new Promise(resolve => setImmediate(resolve))
      await workers[0]?.terminate()
      expect(await pulling).toMatchObject({ message: 'a helper has ended: exit 1' })
      await expect(pull(repository, image)).rejects.toThrow('a helper has ended: exit 1')
    })
  },
)
