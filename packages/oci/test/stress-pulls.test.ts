import { expect, test } from 'vitest'
import { temporaryDirectory } from './layout-builder.ts'
import { type Held, stressPulls } from './stress-pulls.ts'

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
