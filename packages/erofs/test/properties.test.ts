import { concatBytes } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { generateDump } from '@composefs/test-fixtures'
import { type FileTree, parseDump, writeDump } from '@composefs/tree'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkImage, type ErofsImage, encodeImage, isErofsError, openImage } from '../src/index.ts'
import { text } from './trees.ts'
import { caseNamed, VERSIONS, vectorTree } from './vectors.ts'

/** Whiteouts and stubs, which generated dumps leave out: they are no part of every version. */
const WHITEOUTS = `
/gone 0 20000 1 0 0 0 7.0 - - - user.why=x
/dir 0 40755 2 0 0 0 7.0 - - -
/dir/gone 0 20644 1 5 5 0 7.0 - - -
/ab 0 20644 1 0 0 0 7.0 - - -
/cd 0 10644 1 0 0 0 7.0 - - -
`

const trees = fc
  .record({
    entries: fc.integer({ min: 1, max: 400 }),
    seed: fc.integer(),
    whiteouts: fc.boolean(),
  })
  .map(({ entries, seed, whiteouts }) => {
    const lines = [...generateDump(entries, seed)].join('\n')
    return parseDump(text(whiteouts ? lines + WHITEOUTS : lines), SHA256)
  })

describe('any tree', () => {
  test('comes back from its image, and the image from it', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom(...VERSIONS), (tree, version) => {
        const image = openImage(encodeImage(tree, { version }))
        const check = checkImage(image)
        expect(check.isReproducible).toBe(true)
        const dump = dumpOf(tree)
        // V2 drops nanoseconds.
        if (version !== 2) expect(dumpOf(check.tree)).toEqual(dump)
        else expect(withoutNanoseconds(dumpOf(check.tree))).toEqual(withoutNanoseconds(dump))
      }),
      { numRuns: 40 },
    )
  })
})

describe('any damage', () => {
  const seeds = [
    'basic-types',
    'whiteout-dir',
    'hardlink-dfs-first',
    'dir-multi-block',
    'xattr-shared-values',
    'external-no-digest',
    'realistic',
  ].flatMap(name => VERSIONS.map(version => encodeImage(vectorTree(caseNamed(name)), { version })))

  /** Places near the start, where inodes are, more often than places in the zeros behind. */
  const places = fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 1024, max: 4096 }))
  const bytes = fc.oneof(fc.constantFrom(0, 1, 2, 0x24, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }))
  const damages = fc.array(fc.tuple(places, bytes), { minLength: 1, maxLength: 12 })

  test('gives a value or our error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), damages, (seed, damage) => {
        const image = seed.slice()
        for (const [place, byte] of damage) image[place % image.length] = byte
        readEverything(() => openImage(image))
      }),
      { numRuns: 1000 },
    )
  })

  test('of noise behind a good superblock gives our error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4096 - 1152, maxLength: 4096 - 1152 }), noise => {
        const image = encodeImage(vectorTree(caseNamed('empty-root')), { version: 2 })
        image.set(noise, 1152)
        readEverything(() => openImage(image))
      }),
      { numRuns: 500 },
    )
  })

  test.each(seeds.map((seed, i) => [i, seed] as const))(
    'image %i cut anywhere is refused',
    (_, seed) => {
      for (let end = 0; end < seed.length; end += 509) {
        expect(() => openImage(seed.subarray(0, end))).toThrow(/image of/)
      }
    },
  )
})

function readEverything(open: () => ErofsImage): void {
  const attempt = (action: (image: ErofsImage) => unknown) => {
    try {
      action(open())
    } catch (error) {
      if (!isErofsError(error)) throw error
    }
  }
  attempt(image => checkImage(image))
  attempt(image => image.objects())
  attempt(image => image.lookup(text('/usr/bin/x')))
  attempt(image => {
    for (const { inode } of image.walk()) {
      image.metadata(inode)
      if (inode.kind !== 'directory') image.content(inode)
    }
  })
}

function dumpOf(tree: FileTree): string {
  return Buffer.from(concatBytes([...writeDump(tree)])).toString('latin1')
}

function withoutNanoseconds(dump: string): string {
  return dump.replaceAll(/^((?:\S+ ){7}-?\d+)\.\d+/gm, '$1')
}
