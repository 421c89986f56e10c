import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isErofsError, openImage } from '@composefs/erofs'
import { Digest } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { isSplitstreamError } from '@composefs/splitstream'
import { entriesBelow } from '@composefs/test-fixtures/damage'
import { describe, expect, test } from 'vitest'
import {
  checkRepository,
  isRepositoryError,
  openRepository,
  type Repository,
} from '../../src/index.ts'
import { damagedRepository, lookAt } from './damaged-repository.ts'

/**
 * With `COMPOSEFS_DAMAGE=full` every byte of all that is no file of an image; otherwise the first of each file, and one
 * in so many of the rest.
 */
const isFull = process.env.COMPOSEFS_DAMAGE === 'full'
const STRIDE = 211
const HEAD = 64

const { path } = await damagedRepository()
const payload = await payloadObjects()
const files = entriesBelow(path).filter(({ kind }) => kind === 'file')

/** Calls `look` with one bit after the other turned, one in each chosen byte; the file is as it was afterwards. */
async function eachFlip(
  file: string,
  look: (flipped: { readonly offset: number; readonly mask: number }) => Promise<void>,
  masks: (offset: number) => readonly number[] = offset => [1 << (offset % 8)],
): Promise<void> {
  const bytes = readFileSync(file)
  const head = isFull && !payload.has(file) ? bytes.length : HEAD
  const descriptor = openSync(file, 'r+')
  try {
    for (let offset = 0; offset < bytes.length; offset += offset < head ? 1 : STRIDE) {
      for (const mask of masks(offset)) {
        writeSync(descriptor, Uint8Array.of((bytes[offset] ?? 0) ^ mask), 0, 1, offset)
        await look({ offset, mask })
      }
      writeSync(descriptor, bytes, offset, 1, offset)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** The files of images: their paths. */
async function payloadObjects(): Promise<ReadonlySet<string>> {
  await using repository = await openRepository(path, { system: linuxSystem })
  const { streams, objects } = repository
  const found = new Set<string>()
  for (const { id } of streams.list()) {
    if (!id.startsWith('oci-layer-')) continue
    const { objectReferences } = await streams.open(id)
    for (const digest of objectReferences) found.add(objects.pathOf(digest))
  }
  return found
}

/** One image has 16 KiB. */
const timeout = isFull ? 600_000 : 120_000

describe('one bit of', { timeout }, () => {
  const objects = files.filter(file => file.path.startsWith('objects/'))
  test.each(objects)('$path is missed wherever it is turned, and nothing crashes', async object => {
    const file = join(path, object.path)
    const digest = Digest.fromObjectPath(object.path.slice('objects/'.length)) as Digest
    await using repository = await openRepository(path, { system: linuxSystem })
    await eachFlip(file, async flip => {
      const { findings } = await checkRepository(repository)
      const mismatches = findings.filter(({ kind }) => kind === 'object-digest-mismatch')
      expect(
        mismatches.map(finding => finding.path),
        JSON.stringify(flip),
      ).toEqual([object.path])
      await readAsStream(repository, digest)
      readAsImage(readFileSync(file))
    })
    expect((await checkRepository(repository)).ok).toBe(true)
  })

  test('meta.json is refused or warned of', async () => {
    const every = isFull ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : [1, 32, 255]
    const silent: string[] = []
    const file = join(path, 'meta.json')
    const text = readFileSync(file, 'utf8')
    await eachFlip(
      file,
      async ({ offset, mask }) => {
        const report = await lookAt(path, checkRepository)
        if ('refused' in report || !report.ok || report.warnings.length > 0) return
        silent.push(`${text[offset]} ${mask}`)
      },
      () => every,
    )
    expect(silent).toEqual([])
  })
})

/** Reads an object as a stream to its end, whatever it is. */
async function readAsStream(repository: Repository, digest: Digest): Promise<void> {
  try {
    const reader = await repository.streams.open(digest)
    for await (const _ of reader.chunks());
  } catch (error) {
    if (!isSplitstreamError(error) && !isRepositoryError(error)) throw error
  }
}

/** Reads an image to its end, whatever it is. */
function readAsImage(bytes: Uint8Array): void {
  try {
    openImage(bytes).toTree()
  } catch (error) {
    if (!isErofsError(error)) throw error
  }
}
