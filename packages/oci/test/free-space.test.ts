import { linuxSystem } from '@composefs/linux'
import type { System } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { freeSpace } from '../src/disk/free-space.ts'
import type { MissingLayer } from '../src/pull/missing-layers.ts'
import { pull } from '../src/pull/pull.ts'
import { assertRoom, estimateSpace } from '../src/pull/room.ts'
import { distantSource } from './distant-source.ts'
import { LAYER, temporaryDirectory } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const MIB = 2 ** 20
const missing = (mediaType: string, more: Partial<MissingLayer> = {}): MissingLayer => ({
  layer: {
    number: 1,
    id: `sha256:${'1'.repeat(64)}`,
    descriptor: {
      mediaType,
      digest: `sha256:${'2'.repeat(64)}`,
      size: 100 * MIB,
      urls: [],
      annotations: new Map(),
    },
  },
  needsLayer: true,
  needsBlob: false,
  ...more,
})

describe('the estimate', () => {
  test.each([
    ['a packed layer', missing(`${LAYER}+gzip`), 100, 250],
    ['a plain layer', missing(LAYER), 100, 100],
    ['a packed layer and its blob', missing(`${LAYER}+zstd`, { needsBlob: true }), 200, 350],
    ['a blob alone', missing(LAYER, { needsLayer: false, needsBlob: true }), 100, 100],
    ['a blob of an artifact', missing('text/plain'), 100, 100],
  ])('for %s', (_, layer, least, likely) => {
    expect(estimateSpace([layer])).toEqual({ least: least * MIB, likely: likely * MIB })
  })
})

describe('before a pull', () => {
  const free = () => freeSpace(temporaryDirectory()) ?? 0

  test('what does not fit is refused', () => {
    const path = temporaryDirectory()
    const least = free() * 2
    expect(() => assertRoom(path, { least, likely: least * 2 }, () => {})).toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_NO_SPACE',
        message: expect.stringMatching(/free, and there are .* to fetch/),
        facts: { path, needed: least, free: expect.any(Number) },
      }),
    )
  })

  test('what hardly fits is warned about, and what fits is not', () => {
    const path = temporaryDirectory()
    const told: string[] = []
    assertRoom(path, { least: 1, likely: free() * 2 }, message => told.push(message))
    expect(told).toEqual([expect.stringMatching(/take about/)])
    assertRoom(path, { least: 1, likely: 2 }, message => told.push(message))
    // Nothing to fetch needs no room, whatever the file system says.
    assertRoom('/nonexistent', { least: 0, likely: 0 }, message => told.push(message))
    expect(told).toHaveLength(1)
  })
})

describe('a file system that is full', () => {
  const tars: Uint8Array[] = []
  beforeAll(async () => {
    tars.push(
      await buildTar([
        { name: 'usr', type: 'directory' },
        { name: 'usr/a', content: 'a'.repeat(100) },
      ]),
      await buildTar([{ name: 'usr/b', content: 'b'.repeat(200) }]),
    )
  })

  test.each([
    ['ENOSPC', /no room in .* \(.* free\); 1 of 2 layers are stored and stay/],
    ['EDQUOT', /no room in .* \(the quota is used up\); 1 of 2 layers are stored and stay/],
    // The same, as Node has it.
    ['Unknown system error -122', /no room in .* \(the quota is used up\); 1 of 2 layers/],
  ])('in the middle is told, with what stays: %s', async (code, message) => {
    const errno = -Number(/-(\d+)$/.exec(code)?.[1] ?? 0)
    let isFull = false
    const system: System = {
      ...linuxSystem,
      createUnnamed(directory, mode) {
        if (isFull) {
          const text = `${code}: no space left on device, write`
          throw Object.assign(new Error(text), { code, errno, syscall: 'write', path: directory })
        }
        return linuxSystem.createUnnamed(directory, mode)
      },
    }
    const repository = await temporaryRepository({ system })
    const image = packedImage(tars)
    await using source = await distantSource(image.layout)
    const pulling = pull(repository, source, {
      tag: 'app',
      jobs: 1,
      onProgress: ({ kind }) => {
        isFull ||= kind === 'done'
      },
    })
    await expect(pulling).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_NO_SPACE',
        message: expect.stringMatching(message),
        cause: expect.objectContaining({ code }),
        facts: expect.objectContaining({ path: repository.path, free: expect.any(Number) }),
      }),
    )
    expect(visibleNames(repository)).toEqual([`streams/oci-layer-${image.diffIds[0]}`])
    isFull = false
    const { layers } = await pull(repository, source, { tag: 'app' })
    expect(layers.map(({ status }) => status)).toEqual(['present', 'fetched'])
  })
})
