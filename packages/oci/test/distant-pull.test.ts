import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { buildTar } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Progress } from '../src/progress.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { openImage } from '../src/store/open-image.ts'
import { type BlobBehaviour, distantSource } from './distant-source.ts'
import { CONFIG, LAYER, LayoutBuilder } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const OPTIONS: PullOptions = { tag: 'app' }
const LAYERS = 6

/** Layers that depend on each other, the third and the last being the same. */
const tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars.push(await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(9000) }]))
  for (let i = 1; i < LAYERS - 1; i++) {
    tars.push(
      await buildTar([
        { name: `usr/${i}`, content: String(i).repeat(500 * i) },
        { name: `usr/link${i}`, type: 'link', linkname: i === 1 ? 'usr/a' : `usr/link${i - 1}` },
        ...(i === 4 ? [{ name: 'usr/.wh.a' }] : []),
      ]),
    )
  }
  tars.push(tars[2] ?? new Uint8Array())
})

/** Files of repositories that this process has open. */
function openObjects(path: string): string[] {
  return readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(`${path}/objects`) ? [target] : []
    } catch {
      return []
    }
  })
}

async function localResult() {
  const { layout } = packedImage(tars)
  const repository = await temporaryRepository()
  const result = await pull(repository, `oci:${layout.directory}:t`, OPTIONS)
  return { result, names: visibleNames(repository) }
}

describe('the result of a pull from afar', () => {
  test('is that of a local one, whatever the order in which layers come', async () => {
    const local = await localResult()
    const { layout, digests } = packedImage(tars)
    const behaviour = fc.record({
      turns: fc.integer({ min: 0, max: 12 }),
      chunkSize: fc.integer({ min: 1, max: 3000 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { minLength: LAYERS, maxLength: LAYERS }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        async (behaviours, jobs, keepBlobs) => {
          const repository = await temporaryRepository()
          const plan = new Map(digests.map((digest, i) => [digest, behaviours[i] ?? {}]))
          await using source = await distantSource(layout, plan)
          const result = await pull(repository, source, { ...OPTIONS, jobs, keepBlobs })
          expect(result.composefsErofs).toEqual(local.result.composefsErofs)
          expect(result.configVerity).toEqual(local.result.configVerity)
          expect(result.statistics).toMatchObject({
            bytesFetched: local.result.statistics.bytesFetched,
            bytesInlined: local.result.statistics.bytesInlined,
            bytesStored: local.result.statistics.bytesStored,
          })
          const names = visibleNames(repository).filter(name => !name.includes('oci-blob-'))
          expect(names).toEqual(local.names)
          if (!keepBlobs) expect(result.manifestVerity).toEqual(local.result.manifestVerity)
          expect(source.counts).toMatchObject({ open: 0 })
          expect(source.counts.most).toBeLessThanOrEqual(jobs)
          expect(openObjects(repository.path)).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
  })

  test('takes four layers at once unless it is told otherwise', async () => {
    const { layout, digests } = packedImage(tars)
    const slow = new Map(digests.map(digest => [digest, { turns: 5, chunkSize: 50 }]))
    for (const [jobs, most] of [
      [undefined, 4],
      [1, 1],
      [2, 2],
      [100, 5],
    ] as const) {
      await using source = await distantSource(layout, slow)
      await pull(await temporaryRepository(), source, { ...OPTIONS, jobs })
      expect(source.counts.most).toBe(most)
    }
  })

  test('comes by the layer that is merged next, then by size', async () => {
    const { layout, blobs } = packedImage(tars)
    await using source = await distantSource(layout)
    await pull(await temporaryRepository(), source, { ...OPTIONS, jobs: 2 })
    const layers = source.opened.filter(digest => blobs.some(blob => blob.digest === digest))
    const [base, ...others] = blobs
    expect(layers[0]).toBe(base?.digest)
    const largest = others.toSorted((a, b) => b.size - a.size)[0]
    expect(layers[1]).toBe(largest?.digest)
    expect(layers).toHaveLength(5)
  })
})

describe('a failure', () => {
  test.each<[string, number, BlobBehaviour]>([
    ['of the first layer', 0, { failAt: 50, chunkSize: 50 }],
    ['of the last layer', 4, { failAt: 50, chunkSize: 50 }],
  ])(
    '%s stops the others, keeps what is complete, and is the one that is told',
    async (_, failing, how) => {
      const { layout, digests, diffIds } = packedImage(tars)
      const plan = new Map<string, BlobBehaviour>(
        digests.map((digest, i) => [digest, i === 1 ? {} : { stallAt: 10, chunkSize: 10 }]),
      )
      const repository = await temporaryRepository()
      // What stalls ends only because it is told to.
      const failWhen = () => visibleNames(repository).length > 0
      plan.set(digests[failing] ?? '', { ...how, failWhen })
      await using source = await distantSource(layout, plan)
      await expect(pull(repository, source, { ...OPTIONS, jobs: 5 })).rejects.toThrow(
        expect.objectContaining({
          code: 'ERR_OCI_MISSING_BLOB',
          facts: expect.objectContaining({ layer: failing + 1, diffId: diffIds[failing] }),
        }),
      )
      expect(source.counts.open).toBe(0)
      expect(openObjects(repository.path)).toEqual([])
      expect(visibleNames(repository)).toEqual([`streams/oci-layer-${diffIds[1]}`])
    },
  )

  test('is no end: the next pull fetches what is missing, and nothing else', async () => {
    const local = await localResult()
    const { layout, digests } = packedImage(tars)
    const repository = await temporaryRepository()
    await using broken = await distantSource(layout, new Map([[digests[3] ?? '', { failAt: 0 }]]))
    await expect(pull(repository, broken, { ...OPTIONS, jobs: 1 })).rejects.toThrow('broke off')
    const kept = visibleNames(repository).length
    expect(kept).toBeGreaterThan(0)
    await using whole = await distantSource(layout)
    const result = await pull(repository, whole, OPTIONS)
    expect(result.layers.filter(({ status }) => status === 'present').length).toBeGreaterThan(0)
    const again = whole.opened.filter(digest => digests.includes(digest))
    expect(again).toHaveLength(5 - kept)
    expect(result.manifestVerity).toEqual(local.result.manifestVerity)
  })

  test('in any layer at any byte gives that error or none, and never a half image', async () => {
    const { layout, digests } = packedImage(tars)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: LAYERS - 1 }),
        fc.integer({ min: 0, max: 400 }),
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: LAYERS, maxLength: LAYERS }),
        async (failing, failAt, turns) => {
          const plan = new Map<string, BlobBehaviour>(
            digests.map((digest, i) => [digest, { turns: turns[i] ?? 0, chunkSize: 40 }]),
          )
          plan.set(digests[failing] ?? '', { failAt, chunkSize: 40 })
          const repository = await temporaryRepository()
          await using source = await distantSource(layout, plan)
          const error = await pull(repository, source, OPTIONS).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          const names = visibleNames(repository).filter(name => !name.includes('oci-layer-'))
          if (error === undefined) expect(names).toHaveLength(4)
          else {
            expect(error).toMatchObject({ code: 'ERR_OCI_MISSING_BLOB' })
            expect(names).toEqual([])
          }
          expect(source.counts.open).toBe(0)
          expect(openObjects(repository.path)).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
  })
})

test('a layer that is refused is told even though the rest of it never comes', async () => {
  const broken = Buffer.concat([Buffer.from(tars[0] ?? []), Buffer.alloc(20_000)])
  // The header of the second entry.
  broken.fill('x', 512, 600)
  const layout = new LayoutBuilder()
  layout.finish({ t: layout.image([broken]) })
  const digest = `sha256:${createHash('sha256').update(broken).digest('hex')}`
  const stalled = new Map([[digest, { chunkSize: 1024, stallAt: 2048, deaf: true }]])
  await using source = await distantSource(layout, stalled)
  const repository = await temporaryRepository()
  await expect(pull(repository, source, OPTIONS)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_OCI_TAR_BAD_CHECKSUM' }),
  )
  expect(openObjects(repository.path)).toEqual([])
})

describe('a signal', () => {
  test.each([
    ['a source that heeds it', false],
    ['a source that is deaf', true],
  ])('stops a pull from %s, with its reason', async (_, deaf) => {
    const { layout, digests } = packedImage(tars)
    const stalling = new Map(digests.map(digest => [digest, { stallAt: 40, chunkSize: 40, deaf }]))
    const repository = await temporaryRepository()
    await using source = await distantSource(layout, stalling)
    const stop = new AbortController()
    const { signal } = stop
    const pulling = pull(repository, source, { ...OPTIONS, signal })
    while (source.counts.stalled < 4) await setImmediate()
    stop.abort(new Error('enough'))
    await expect(pulling).rejects.toThrow('enough')
    expect(visibleNames(repository)).toEqual([])
    expect(openObjects(repository.path)).toEqual([])
  })
})

test('progress of layers that come together: one total, which only grows', async () => {
  const { layout, digests, blobs, diffIds } = packedImage(tars)
  await using source = await distantSource(
    layout,
    new Map(digests.map((digest, i) => [digest, { turns: i, chunkSize: 60 }])),
  )
  const frames: Progress[] = []
  const onProgress = (frame: Progress) => void frames.push(frame)
  await pull(await temporaryRepository(), source, { ...OPTIONS, onProgress })
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]))
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  expect(frames[0]).toMatchObject({ kind: 'started', id: 'total', total, transfers: 5 })
  const totals = frames.flatMap(frame =>
    frame.kind === 'progress' && frame.id === 'total' ? [frame.fetched] : [],
  )
  expect(totals).toEqual(totals.toSorted((a, b) => a - b))
  expect(totals.at(-1)).toBe(total)
  const done = frames.flatMap(frame => (frame.kind === 'done' ? [frame.id] : []))
  expect(done.toSorted()).toEqual([...new Set(diffIds), 'total'].toSorted())
})

test('large layers in the pieces of a socket are stored byte for byte', async () => {
  // Contents of many sizes, so that each border of a piece falls somewhere else.
  const noise = createHash('shake256', { outputLength: 5 << 20 })
    .update('noise')
    .digest()
  const files = Array.from({ length: 60 }, (_, i) => ({
    name: `usr/${i}`,
    content: noise.subarray(i * 80_000, i * 80_000 + ((i * 7919) % 80_000)),
  }))
  const large = { name: 'usr/large', content: noise.subarray(0, 3_000_001) }
  const tar = await buildTar([{ name: 'usr', type: 'directory' }, ...files, large])
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`
  for (const [suffix, packed] of [
    ['', tar],
    ['+gzip', gzipSync(tar)],
    ['+zstd', zstdCompressSync(tar)],
  ] as const) {
    const layout = new LayoutBuilder()
    const rootfs = { type: 'layers', diff_ids: [diffId] }
    const config = layout.json({ architecture: 'amd64', os: 'linux', rootfs }, CONFIG)
    const blob = layout.blob(packed, LAYER + suffix)
    layout.finish({ t: layout.manifest(config, [blob]) })
    for (const chunkSize of [16_384, 65_536, 100_000]) {
      const repository = await temporaryRepository()
      await using source = await distantSource(layout, new Map([[blob.digest, { chunkSize }]]))
      await pull(repository, source, { ...OPTIONS, keepBlobs: true })
      await pull(repository, source, { ...OPTIONS, verifyLayers: true })
    }
  }
})

test('layers that are there are merged with those that come', async () => {
  const local = await localResult()
  const { layout } = packedImage(tars)
  const repository = await temporaryRepository()
  const part = packedImage([tars[0], tars[3]].filter(tar => tar !== undefined))
  await pull(repository, `oci:${part.layout.directory}:t`, { tag: 'part' }).catch(() => {})
  await using source = await distantSource(layout)
  const skipped: string[] = []
  const onProgress = (frame: Progress) => void (frame.kind === 'skipped' && skipped.push(frame.id))
  const { composefsErofs } = await pull(repository, source, { ...OPTIONS, onProgress })
  expect(composefsErofs).toEqual(local.result.composefsErofs)
  expect(skipped.length).toBeGreaterThan(0)
  expect((await openImage(repository, 'app')).image?.orderedLayers).toHaveLength(LAYERS)
})
