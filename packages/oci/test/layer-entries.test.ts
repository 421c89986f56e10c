import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, SHA256 } from '@composefs/fsverity'
import { isSplitstreamError } from '@composefs/splitstream'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { isOciError } from '../src/index.ts'
import { importLayer } from '../src/layer/import-layer.ts'
import { layerInfo } from '../src/layer/layer-info.ts'
import { inChunks } from './chunks.ts'
import { listLayer, memoryRepository, openLayer } from './memory-repository.ts'
import { ociCode } from './oci-code.ts'
import { type StoredLayer, storedLayers } from './stored-repository.ts'

const named = (layers: readonly StoredLayer[]) =>
  layers.map(layer => [layer.repository, layer.diffId, layer] as const)

describe('a layer in a repository of cfsctl', () => {
  test.each(named(storedLayers))('in %s, %s: facts and listing', async (_, diffId, layer) => {
    const { verity, algorithm } = layer
    const objects = await layer.readObjects()
    const objectSize = (id: Digest) => objects.get(id.hex)?.length
    const open = () => openLayer(objects.get(verity.hex) ?? new Uint8Array(), algorithm)
    expect(await layerInfo(await open(), { diffId, verity }, { objectSize })).toEqual(layer.json)
    const { lines, error } = await listLayer(await open(), { objectSize })
    expect(error).toBeUndefined()
    expect(lines.map(line => `${line}\n`).join('')).toBe(layer.dumpfile)
  })

  // cfsctl takes a size on a hard link for content; we would store that under another reading, and refuse it.
  const hasStrayContent = ({ dumpfile }: StoredLayer) => dumpfile.includes('/usr/hl-with-size')
  const again = storedLayers.filter(layer => layer.hasNewHeader)

  test.each(named(again.filter(layer => !hasStrayContent(layer))))(
    'in %s, %s: an import gives the same stream',
    async (_, diffId, layer) => {
      const repository = memoryRepository(layer.algorithm)
      const blob = inChunks(layer.readTar(), 1 << 20)
      const { stream } = await importLayer(blob, { repository, expected: { diffId } })
      expect(stream.hex).toBe(layer.verity.hex)
    },
  )

  test.each(named(again.filter(hasStrayContent)))(
    'in %s, %s: an import is refused',
    async (_, diffId, layer) => {
      const repository = memoryRepository(layer.algorithm)
      const act = () => importLayer(inChunks(layer.readTar()), { repository, expected: { diffId } })
      expect(await ociCode(act)).toBe('ERR_OCI_TAR_AMBIGUOUS_SIZE')
    },
  )
})

interface SplitstreamVector {
  readonly file: string
  readonly want: string
  readonly cfsctl: {
    readonly layer_dumpfile?: string
    readonly layer_dump_entries?: number
  }
}

describe('a splitstream of the vectors, read as a layer', () => {
  const directory = join(vectorsDirectory, 'repo')
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    readonly splitstreams: Readonly<Record<string, SplitstreamVector>>
    readonly splitstream_objects: Readonly<Record<string, string>>
  }
  const sizes = new Map(
    Object.entries(index.splitstream_objects).map(
      ([hex, file]) => [hex, readFileSync(join(directory, file)).length] as const,
    ),
  )
  /** Where we differ from cfsctl, as the vectors want it. */
  const ours: Readonly<Record<string, { readonly entries: number; readonly isRefused: boolean }>> =
    {
      // Its header says 1 byte, which is less than the first chunk.
      'stream-size-wrong': { entries: 0, isRefused: true },
      'stream-range-past-eof': { entries: 0, isRefused: true },
      'stream-zero-bytes': { entries: 0, isRefused: false },
      'named-refs-zero-bytes': { entries: 4, isRefused: false },
      // Has no listing by cfsctl: one file.
      tiny: { entries: 1, isRefused: false },
    }

  test.each(Object.entries(index.splitstreams))('%s', async (id, { file, cfsctl }) => {
    const { lines, error } = await list(readFileSync(join(directory, file)))
    const { entries, isRefused } = ours[id] ?? {
      entries: cfsctl.layer_dump_entries,
      isRefused: cfsctl.layer_dumpfile?.startsWith('error'),
    }
    expect(lines).toHaveLength(entries ?? Number.NaN)
    if (isRefused) expect(isOciError(error) || isSplitstreamError(error)).toBe(true)
    else expect(error).toBeUndefined()
  })

  test('an object of another size than the tar header says is refused', async () => {
    const stream = await openLayer(
      readFileSync(join(directory, index.splitstreams.good?.file ?? '')),
      SHA256,
    )
    const { lines, error } = await listLayer(stream, { objectSize: () => 99, layer: 2 })
    expect(lines).toHaveLength(2)
    expect(error).toMatchObject({
      code: 'ERR_OCI_LAYER_OBJECT_SIZE',
      facts: { layer: 2, entry: '/usr/big', expected: 100, actual: 99, offset: 2048 },
    })
  })

  async function list(bytes: Uint8Array): Promise<{ lines: string[]; error: unknown }> {
    try {
      const objectSize = (digest: Digest) => sizes.get(digest.hex)
      return await listLayer(await openLayer(bytes, SHA256), { objectSize })
    } catch (error) {
      return { lines: [], error }
    }
  }
})
