import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import type { Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { missingPrograms, runProgram } from '@composefs/test-fixtures/registry'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { exportImage } from '../src/export/export-image.ts'
import type { ExportOptions } from '../src/export/export-options.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { openTarget } from '../src/target/open-target.ts'
import { temporaryDirectory } from './layout-builder.ts'
import { withoutLeaks } from './leaks.ts'
import { type PackedImage, packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

const PULL: PullOptions = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }
const MIB = 2 ** 20

let tars: readonly Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars = [
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(5000) }]),
    await buildTar([{ name: 'usr/b', content: noise(3 * MIB) }]),
  ]
})

/** Bytes that no packer makes smaller, the same each time. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0, state = 1; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

async function storedImage(options: PullOptions = {}): Promise<[Repository, PackedImage]> {
  const repository = await temporaryRepository()
  const image = packedImage(tars)
  await pull(repository, image.reference, { ...PULL, ...options })
  return [repository, image]
}

async function exportTo(repository: Repository, reference: string, options: ExportOptions = {}) {
  await using target = await openTarget(reference)
  return await exportImage(repository, 'app', target, options)
}

/** All names below a directory. */
const names = (directory: string) => readdirSync(directory, { recursive: true })

const TARGETS = ['oci', 'oci-archive', 'docker-archive'] as const

describe.each(TARGETS)('%s', transport => {
  test('leaves no file and no descriptor when it is stopped at any point', async () => {
    const [repository] = await storedImage()
    let points = 1
    for (let at = 1; at <= points; at++) {
      const directory = temporaryDirectory()
      const scratch = temporaryDirectory()
      const stop = new AbortController()
      const reason = new Error('stop')
      let events = 0
      const options: ExportOptions = {
        signal: stop.signal,
        temporaryDirectory: scratch,
        jobs: 1,
        onProgress: () => {
          if (++events === at) stop.abort(reason)
        },
      }
      const error = await withoutLeaks(() =>
        exportTo(repository, `${transport}:${directory}/deep`, options).then(
          () => undefined,
          failure => failure,
        ),
      )
      // One that comes when all is sent stops nothing, or what is left to do.
      if (error === undefined) break
      expect(error).toBe(reason)
      expect(names(directory)).toEqual([])
      expect(names(scratch)).toEqual([])
      points = Math.min(events + 1, 12)
    }
  })

  test.each([
    ['a file of a layer', 'ERR_OCI_DIFF_ID_MISMATCH'],
    ['its size', 'ERR_SPLITSTREAM_SIZE_MISMATCH'],
  ])('takes nothing of a repository that is damaged in %s', async (what, code) => {
    const [repository, image] = await storedImage()
    const { digest } = repository.objects.put(noise(3 * MIB))
    const path = repository.layout.object(digest)
    const bytes = readFileSync(path)
    bytes[MIB] = (bytes[MIB] ?? 0) ^ 1
    chmodSync(path, 0o644)
    writeFileSync(path, what === 'its size' ? bytes.subarray(1) : bytes)
    const directory = temporaryDirectory()
    await expect(exportTo(repository, `${transport}:${directory}/out`)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`layer 2 (${image.diffIds[1]})`),
    })
    expect(names(directory)).toEqual([])
  })
})

test('a kept blob that is damaged is not sent', async () => {
  const [repository, image] = await storedImage({ keepBlobs: true })
  const [, digest = ''] = image.digests
  const bytes = readFileSync(join(image.layout.directory, 'blobs', ...digest.split(':')))
  const path = repository.layout.object(repository.objects.put(bytes).digest)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
  const directory = temporaryDirectory()
  await expect(exportTo(repository, `oci:${directory}/out`)).rejects.toMatchObject({
    code: 'ERR_OCI_DIGEST_MISMATCH',
    facts: { digest, layer: 2 },
  })
  expect(names(directory)).toEqual([])
})

test('a directory with other files is no layout', async () => {
  const [repository] = await storedImage()
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'mine'), '')
  await expect(exportTo(repository, `oci:${directory}`)).rejects.toMatchObject({
    code: 'ERR_OCI_NOT_A_LAYOUT',
  })
  expect(names(directory)).toEqual(['mine'])
})

test.each(['dir:/x', 'docker-daemon:app:1'])('%s is no target', async reference => {
  await expect(openTarget(reference)).rejects.toMatchObject({ code: 'ERR_OCI_UNSUPPORTED_TARGET' })
})

const noMount = missingPrograms('mount', 'umount')
const whyNot = getuid?.() === 0 ? noMount : 'mounting needs root'

describe.skipIf(whyNot !== undefined)(
  `a file system${whyNot === undefined ? '' : ` (${whyNot})`}`,
  () => {
    /** A small file system, which goes with the test. */
    function mounted(options: string): string {
      const directory = join(temporaryDirectory(), 'mounted')
      mkdirSync(directory)
      runProgram('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
      onTestFinished(() => {
        runProgram('umount', [directory])
      })
      return directory
    }

    test.each(TARGETS)('without room for %s', async transport => {
      const [repository] = await storedImage()
      const directory = mounted('size=2m')
      await expect(exportTo(repository, `${transport}:${directory}/out`)).rejects.toMatchObject({
        code: 'ERR_OCI_NO_SPACE',
        facts: { path: expect.stringContaining(directory), free: expect.any(Number) },
      })
      expect(names(directory)).toEqual([])
    })

    test('without room to pack a layer', async () => {
      const [repository] = await storedImage()
      const [directory, scratch] = [temporaryDirectory(), mounted('size=2m')]
      await expect(
        exportTo(repository, `oci:${directory}/out`, { temporaryDirectory: scratch }),
      ).rejects.toMatchObject({ code: 'ERR_OCI_NO_SPACE', facts: { path: scratch } })
      expect([...names(directory), ...names(scratch)]).toEqual([])
    })

    test('that fills while a layer is packed', async () => {
      const [repository] = await storedImage()
      // Room for the blob as it was, but not beside what others write.
      const [directory, scratch] = [temporaryDirectory(), mounted('size=4m')]
      let isFilled = false
      await expect(
        exportTo(repository, `oci:${directory}/out`, {
          temporaryDirectory: scratch,
          jobs: 1,
          onProgress: event => {
            if (isFilled || event.kind !== 'progress' || event.fetched < MIB) return
            isFilled = true
            writeFileSync(join(scratch, 'others'), noise(2 * MIB))
          },
        }),
      ).rejects.toMatchObject({ code: 'ERR_OCI_NO_SPACE', cause: { code: 'ENOSPC' } })
      expect([...names(directory), ...names(scratch)]).toEqual(['others'])
    })

    test.each(TARGETS)('that is read-only, for %s', async transport => {
      const [repository] = await storedImage()
      const directory = mounted('size=1m,ro')
      await expect(exportTo(repository, `${transport}:${directory}/out`)).rejects.toMatchObject({
        code: 'EROFS',
      })
    })
  },
)
