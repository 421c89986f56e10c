import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { openRepository, type Repository, type System } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { parsePlatform } from '../src/document/platform.ts'
import type { Progress } from '../src/progress.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import type { ImageSource } from '../src/source/image-source.ts'
import { openLayout } from '../src/source/layout.ts'
import { openConfig } from '../src/store/config-stream.ts'
import { openImage } from '../src/store/open-image.ts'
import { listReferrers } from '../src/store/referrers.ts'
import { layerStreamId } from '../src/store/stream-names.ts'
import {
  LAYER,
  LayoutBuilder,
  type TestDescriptor,
  tarOf,
  temporaryDirectory,
} from './layout-builder.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { contentDigest, visibleNames } from './visible-names.ts'

const PLATFORM = parsePlatform('linux/amd64')
const OPTIONS: PullOptions = { tag: 'app', platform: PLATFORM }

/** Three layers: the lowest one has one file of 100 bytes and one of 5. */
const tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars.push(
    await buildTar([
      usr,
      { name: 'usr/a', content: 'a'.repeat(100) },
      { name: 'usr/b', content: 'small' },
    ]),
    await buildTar([{ name: 'usr/c', content: 'c'.repeat(200) }, { name: 'usr/.wh.b' }]),
    await buildTar([{ name: 'usr/d', content: 'a'.repeat(100) }]),
  )
})

function imageLayout(layers: readonly Uint8Array[] = tars): LayoutBuilder {
  const layout = new LayoutBuilder()
  return layout.finish({ t: layout.image(layers) })
}
const referenceOf = (layout: LayoutBuilder) => `oci:${layout.directory}:t`

const artifactOf = (layout: LayoutBuilder, layers: readonly TestDescriptor[], more: object = {}) =>
  layout.manifest(layout.blob('{}', 'application/vnd.oci.empty.v1+json'), layers, {}, more)

/** The Linux system, and what it was asked to sync. */
function countingSystem(onSync: () => void = () => {}) {
  const calls = { syncs: 0 }
  const system: System = {
    ...linuxSystem,
    syncFileSystem(file) {
      calls.syncs += 1
      onSync()
      linuxSystem.syncFileSystem(file)
    },
  }
  return { system, calls }
}

const objectPath = (repository: Repository, id: { objectPath: string }) =>
  join(repository.path, 'objects', id.objectPath)

describe('the result', () => {
  test('says everything about an image', async () => {
    const repository = await temporaryRepository()
    const layout = imageLayout()
    const result = await pull(repository, referenceOf(layout), OPTIONS)
    const { manifest, config, image } = await openImage(repository, 'app')
    expect(result).toEqual({
      imageRef: referenceOf(layout),
      manifestDigest: manifest.digest,
      dockerManifestDigest: null,
      configDigest: config.digest,
      manifestVerity: manifest.stream,
      configVerity: config.stream,
      tag: 'app',
      isArtifact: false,
      subject: null,
      composefsErofs: config.images.get('composefs.image.v1'),
      composefsBootErofs: null,
      bootImage: null,
      images: [{ version: 1, digest: config.images.get('composefs.image.v1') }],
      statistics: {
        objectsNew: 2,
        objectsPresent: 1,
        bytesStored: 300,
        // Headers, padding, the small file, and the end markers.
        bytesInlined: tars.reduce((sum, tar) => sum + tar.length, 0) - 100 - 200 - 100,
        bytesFetched: tars.reduce((sum, tar) => sum + tar.length, 0),
      },
      layers: image?.orderedLayers.map(({ diffId }, i) => ({
        diffId,
        digest: diffId,
        status: 'fetched',
        size: tars[i]?.length,
        isBlobKept: false,
      })),
      referrers: [],
      dryRun: false,
      durationMs: expect.any(Number),
    })
  })

  test('names the reference as given unless there is a tag', async () => {
    const repository = await temporaryRepository()
    const reference = referenceOf(imageLayout())
    expect((await pull(repository, reference, { platform: PLATFORM })).tag).toBe(reference)
    expect((await pull(repository, reference, { ...OPTIONS, noTag: true })).tag).toBeNull()
    expect(readdirSync(join(repository.path, 'streams/refs/oci'))).toEqual([
      reference.replaceAll('/', '%2F'),
    ])
  })

  test('of an open source is the same, and the source stays open', async () => {
    const repository = await temporaryRepository()
    const layout = imageLayout()
    await using source = await openLayout(layout.directory, { tag: 't', platform: PLATFORM })
    const { imageRef } = await pull(repository, source, { tag: 'app' })
    expect(imageRef).toBe(referenceOf(layout))
    await source.manifest()
  })

  test('of a repository of version 0 has the references of version 1', async () => {
    const repository = await temporaryRepository({ versions: [0] })
    const { composefsErofs, configDigest } = await pull(
      repository,
      referenceOf(imageLayout()),
      OPTIONS,
    )
    const { images } = await openConfig(repository, configDigest)
    expect([...images.keys()]).toEqual(['composefs.image.v1'])
    expect(images.get('composefs.image.v1')?.hex).toBe(composefsErofs?.hex)
  })
})

describe('names appear', () => {
  test('after one sync, all at once', async () => {
    const atSync: string[][] = []
    const { system, calls } = countingSystem(() => atSync.push(visibleNames(repository)))
    const repository = await temporaryRepository({ system, versions: [1, 2] })
    calls.syncs = 0
    atSync.length = 0
    await pull(repository, referenceOf(imageLayout()), OPTIONS)
    expect(calls.syncs).toBe(1)
    expect(atSync).toEqual([[]])
    // Three layers, two images, config, manifest, tag.
    expect(visibleNames(repository)).toHaveLength(8)
  })

  test('layer by layer from a source that is far away', async () => {
    const { system, calls } = countingSystem()
    const repository = await temporaryRepository({ system })
    const layout = imageLayout()
    await using near = await openLayout(layout.directory, { tag: 't', platform: PLATFORM })
    const far: ImageSource = {
      description: 'far',
      isLocal: false,
      manifest: options => near.manifest(options),
      blob: (descriptor, options) => near.blob(descriptor, options),
      close: () => near.close(),
      [Symbol.asyncDispose]: () => near.close(),
    }
    calls.syncs = 0
    await pull(repository, far, OPTIONS)
    expect(calls.syncs).toBe(4)
  })

  test('never in a repository that cannot be written, and the source is not even asked', async () => {
    const system: System = { ...linuxSystem, isReadOnly: () => true }
    const writable = await temporaryRepository()
    await using repository = await openRepository(writable.path, { system })
    const unreachable = {} as ImageSource
    await expect(pull(repository, unreachable, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_REPOSITORY_READ_ONLY' }),
    )
    await expect(pull(writable, unreachable, { tag: '@x' })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_BAD_TAG' }),
    )
  })
})

describe('a second pull', () => {
  test('writes nothing', async () => {
    const { system, calls } = countingSystem()
    const repository = await temporaryRepository({ system })
    const reference = referenceOf(imageLayout())
    const first = await pull(repository, reference, OPTIONS)
    const names = visibleNames(repository)
    const before = statSync(join(repository.path, 'objects')).mtimeMs
    calls.syncs = 0
    const frames: Progress[] = []
    const second = await pull(repository, reference, {
      ...OPTIONS,
      onProgress: f => frames.push(f),
    })
    expect(calls.syncs).toBe(0)
    expect(visibleNames(repository)).toEqual(names)
    expect(statSync(join(repository.path, 'objects')).mtimeMs).toBe(before)
    expect(second).toEqual({
      ...first,
      statistics: {
        objectsNew: 0,
        objectsPresent: 0,
        bytesStored: 0,
        bytesInlined: 0,
        bytesFetched: 0,
      },
      layers: first.layers.map(layer => ({ ...layer, status: 'present' })),
      durationMs: expect.any(Number),
    })
    expect(frames.filter(({ kind }) => kind === 'started')).toEqual([
      { kind: 'started', id: 'total', total: 0, unit: 'bytes', transfers: 3 },
    ])
  })

  test('under another name adds the name', async () => {
    const repository = await temporaryRepository()
    const reference = referenceOf(imageLayout())
    const { manifestDigest } = await pull(repository, reference, OPTIONS)
    await pull(repository, reference, { ...OPTIONS, tag: 'other' })
    expect((await openImage(repository, 'other')).manifest.digest).toBe(manifestDigest)
  })

  test('of another format keeps the images there are', async () => {
    const repository = await temporaryRepository({ versions: [1] })
    const reference = referenceOf(imageLayout())
    const first = await pull(repository, reference, OPTIONS)
    await using v2 = await openRepository(repository.path, { system: linuxSystem, erofsVersion: 2 })
    const second = await pull(v2, reference, OPTIONS)
    const { images } = (await openImage(repository, 'app')).config
    expect([...images]).toEqual([
      ['composefs.image', second.composefsErofs],
      ['composefs.image.v1', first.composefsErofs],
    ])
    // One whose image is gone is forgotten.
    rmSync(join(repository.path, 'images', first.composefsErofs?.hex ?? ''))
    rmSync(join(repository.path, 'images', second.composefsErofs?.hex ?? ''))
    await pull(v2, reference, OPTIONS)
    expect([...(await openImage(repository, 'app')).config.images.keys()]).toEqual([
      'composefs.image',
    ])
  })

  test('takes the layers that other images brought', async () => {
    const repository = await temporaryRepository()
    await pull(repository, referenceOf(imageLayout(tars.slice(0, 2))), { ...OPTIONS, tag: 'base' })
    const skipped: string[] = []
    const onProgress = (frame: Progress) => {
      if (frame.kind === 'skipped') skipped.push(frame.id)
    }
    const result = await pull(repository, referenceOf(imageLayout()), { ...OPTIONS, onProgress })
    expect(result.layers.map(({ status }) => status)).toEqual(['present', 'present', 'fetched'])
    expect(skipped).toEqual(result.layers.slice(0, 2).map(({ diffId }) => diffId))
    expect(result.statistics.bytesFetched).toBe(tars[2]?.length)
    const fresh = await temporaryRepository()
    const alone = await pull(fresh, referenceOf(imageLayout()), OPTIONS)
    expect(alone.composefsErofs?.hex).toBe(result.composefsErofs?.hex)
  })
})

describe('a dry run', () => {
  test('tells what would be fetched, and changes nothing', async () => {
    const repository = await temporaryRepository()
    const [base, ...rest] = tars
    if (base === undefined) throw new Error('no layers')
    await pull(repository, referenceOf(imageLayout([base])), { ...OPTIONS, tag: 'base' })
    const names = visibleNames(repository)
    const twice = imageLayout([base, ...rest, ...rest])
    const result = await pull(repository, referenceOf(twice), { ...OPTIONS, dryRun: true })
    expect(result.layers.map(({ status }) => status)).toEqual([
      'present',
      ...Array.from({ length: 4 }, () => 'fetched'),
    ])
    expect(result.statistics.bytesFetched).toBe(rest.reduce((sum, tar) => sum + tar.length, 0))
    expect(result).toMatchObject({ dryRun: true, manifestVerity: null, composefsErofs: null })
    expect(visibleNames(repository)).toEqual(names)
  })
})

describe('a pull that fails', () => {
  test('keeps the layers that are complete, and another one goes on from there', async () => {
    const repository = await temporaryRepository()
    const layout = imageLayout()
    const [, , last] = (await pull(await temporaryRepository(), referenceOf(layout), OPTIONS))
      .layers
    const blob = join(layout.directory, 'blobs', ...(last?.digest ?? '').split(':'))
    writeFileSync(blob, new Uint8Array(last?.size ?? 0))
    const notices: string[] = []
    const onNotice = ({ message }: { message: string }) => notices.push(message)
    await expect(pull(repository, referenceOf(layout), { ...OPTIONS, onNotice })).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_DIGEST_MISMATCH',
        facts: expect.objectContaining({ layer: 3, diffId: last?.diffId }),
      }),
    )
    expect(visibleNames(repository)).toHaveLength(2)
    expect(notices.at(-1)).toBe('2 of 3 layers are stored; another pull goes on from there')
    writeFileSync(blob, tars[2] ?? '')
    const result = await pull(repository, referenceOf(layout), OPTIONS)
    expect(result.layers.map(({ status }) => status)).toEqual(['present', 'present', 'fetched'])
  })

  test('names its image, and calls the layer that was refused never done', async () => {
    const reference = referenceOf(
      imageLayout([tars[0] ?? new Uint8Array(), Buffer.alloc(512, 'x')]),
    )
    const done: string[] = []
    const onProgress = (frame: Progress) => void (frame.kind === 'done' && done.push(frame.id))
    const pulling = pull(await temporaryRepository(), reference, { ...OPTIONS, onProgress })
    await expect(pulling).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(`^${reference}: layer 2 \\(sha256:`)),
        facts: expect.objectContaining({ reference, layer: 2 }),
      }),
    )
    expect(done).toHaveLength(1)
  })

  test('in its source names it once', async () => {
    const layout = imageLayout()
    const pulling = pull(await temporaryRepository(), `oci:${layout.directory}:nope`, OPTIONS)
    await expect(pulling).rejects.toThrow(`${layout.directory}: no image named nope`)
    await expect(pulling).rejects.not.toThrow('oci:')
  })

  test('because it is stopped leaves no name of the image', async () => {
    const repository = await temporaryRepository()
    const stop = new AbortController()
    const onProgress = (frame: Progress) => {
      if (frame.kind === 'done' && frame.id !== 'total') stop.abort(new Error('enough'))
    }
    const { signal } = stop
    const reference = referenceOf(imageLayout())
    await expect(pull(repository, reference, { ...OPTIONS, onProgress, signal })).rejects.toThrow(
      'enough',
    )
    // The next layer is read while the end of this one is worked on: it may be complete too.
    const names = visibleNames(repository)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter(name => !name.startsWith('streams/oci-layer-'))).toEqual([])
    await expect(pull(repository, reference, { ...OPTIONS, signal })).rejects.toThrow('enough')
  })

  test('in the sync names nothing', async () => {
    const { system } = countingSystem(() => {
      throw Object.assign(new Error('EIO: i/o error, syncfs'), { code: 'EIO' })
    })
    const repository = await temporaryRepository()
    await using broken = await openRepository(repository.path, { system })
    const warnings: string[] = []
    const onNotice = ({ level, message }: { level: string; message: string }) => {
      if (level === 'warning') warnings.push(message)
    }
    await expect(
      pull(broken, referenceOf(imageLayout()), { ...OPTIONS, onNotice }),
    ).rejects.toThrow('EIO')
    expect(visibleNames(repository)).toEqual([])
    expect(warnings).toEqual([
      'layers that are complete could not be named: EIO: i/o error, syncfs',
    ])
  })

  test('because a parent is missing does so only when it has to be strict', async () => {
    const repository = await temporaryRepository()
    const tar = await buildTar([{ name: 'opt/deep/file', content: 'x' }])
    const reference = referenceOf(imageLayout([...tars, tar]))
    await expect(pull(repository, reference, { ...OPTIONS, strict: true })).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_TREE_MISSING_PARENT',
        facts: expect.objectContaining({ layer: 4 }),
      }),
    )
    const warnings: string[] = []
    const onNotice = ({ level, message }: { level: string; message: string }) => {
      if (level === 'warning') warnings.push(message)
    }
    await pull(repository, reference, { ...OPTIONS, onNotice })
    expect(warnings).toEqual([expect.stringContaining('/opt')])
  })

  test('because there is no /usr does not fail', async () => {
    const repository = await temporaryRepository()
    const tar = await buildTar([{ name: 'hello', content: 'x' }])
    const notices: unknown[] = []
    await pull(repository, referenceOf(imageLayout([tar])), {
      ...OPTIONS,
      onNotice: notice => notices.push(notice),
    })
    expect(notices).toEqual([{ level: 'notice', message: expect.stringContaining('/usr') }])
  })
})

describe('progress', () => {
  test('is that of each layer and of all of them', async () => {
    const repository = await temporaryRepository()
    const frames: Progress[] = []
    const { layers } = await pull(repository, referenceOf(imageLayout()), {
      ...OPTIONS,
      onProgress: frame => frames.push(frame),
    })
    const total = tars.reduce((sum, tar) => sum + tar.length, 0)
    const start = { kind: 'started', id: 'total', total, unit: 'bytes', transfers: 3 }
    expect(frames[0]).toEqual(start)
    let seen = 0
    for (const { diffId, size } of layers) {
      const of = (kind: string) =>
        frames.filter(frame => frame.kind === kind && 'id' in frame && frame.id === diffId)
      expect(of('started')).toEqual([{ kind: 'started', id: diffId, total: size, unit: 'bytes' }])
      expect(of('progress').at(-1)).toMatchObject({ fetched: size, total: size })
      expect(of('done')).toEqual([{ kind: 'done', id: diffId, transferred: size }])
      seen += size
    }
    expect(seen).toBe(total)
    expect(frames.at(-1)).toEqual({ kind: 'message', message: 'making the image, 5 files' })
    expect(frames.at(-2)).toEqual({ kind: 'done', id: 'total', transferred: total })
  })
})

describe('what is there already', () => {
  async function pulled() {
    const repository = await temporaryRepository()
    const reference = referenceOf(imageLayout())
    const result = await pull(repository, reference, OPTIONS)
    const [first, second] = result.layers.map(({ diffId }) => layerStreamId(diffId))
    if (first === undefined || second === undefined) throw new Error('no layers')
    const verify = () => pull(repository, reference, { ...OPTIONS, verifyLayers: true })
    const repair = () => pull(repository, reference, { ...OPTIONS, repair: true })
    const objectOf = async (id: string) => {
      const [object] = (await repository.streams.open(id)).objectReferences
      if (object === undefined) throw new Error('no object')
      return object
    }
    return { repository, result, reference, first, second, verify, repair, objectOf }
  }

  test('is fine', async () => {
    const { result, verify, repair } = await pulled()
    expect((await verify()).layers.every(({ status }) => status === 'present')).toBe(true)
    const repaired = await repair()
    expect(repaired.layers.every(({ status }) => status === 'present')).toBe(true)
    expect(repaired.manifestVerity?.hex).toBe(result.manifestVerity?.hex)
  })

  test('under a wrong name is found and replaced', async () => {
    const { repository, result, first, second, verify, repair } = await pulled()
    const wrong = repository.streams.lookup(second)
    if (wrong === undefined) throw new Error('no layer')
    repository.streams.link(first, wrong)
    await expect(verify()).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_DIFF_ID_MISMATCH',
        facts: expect.objectContaining({ layer: 1 }),
      }),
    )
    const repaired = await repair()
    expect(repaired.layers.map(({ status }) => status)).toEqual(['fetched', 'present', 'present'])
    expect(`oci-layer-${await contentDigest(repository, first)}`).toBe(first)
    expect(repaired.composefsErofs?.hex).toBe(result.composefsErofs?.hex)
  })

  test('and misses an object is fetched again', async () => {
    const { repository, first, verify, repair, objectOf } = await pulled()
    const path = objectPath(repository, await objectOf(first))
    rmSync(path)
    await expect(verify()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_REPOSITORY_OBJECT_NOT_FOUND' }),
    )
    expect((await repair()).layers[0]?.status).toBe('fetched')
    expect(statSync(path).size).toBe(100)
    await verify()
  })

  test('and has a changed object is fetched again', async () => {
    const { repository, reference, first, verify, objectOf } = await pulled()
    const object = await objectOf(first)
    const path = objectPath(repository, object)
    rmSync(path)
    writeFileSync(path, 'x'.repeat(100))
    await expect(verify()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_DIFF_ID_MISMATCH' }),
    )
    await using verifying = await openRepository(repository.path, {
      system: linuxSystem,
      verify: true,
    })
    await pull(verifying, reference, { ...OPTIONS, repair: true })
    await verify()
    expect(verifying.objects.read(object)).toHaveLength(100)
  })

  test.each([
    [
      'changed',
      (bytes: Buffer) => Buffer.from(bytes).fill(1, bytes.length - 3),
      'ERR_REPOSITORY_DIGEST_MISMATCH',
    ],
    ['cut', (bytes: Buffer) => bytes.subarray(0, 20), 'ERR_SPLITSTREAM_TRUNCATED'],
  ])('and has a %s stream makes no image of it', async (_, damage, code) => {
    const repository = await temporaryRepository()
    const [base] = tars
    if (base === undefined) throw new Error('no layers')
    const [layer] = (await pull(repository, referenceOf(imageLayout([base])), OPTIONS)).layers
    const stream = repository.streams.lookup(layerStreamId(layer?.diffId ?? ''))
    if (stream === undefined) throw new Error('no stream')
    const file = join(repository.path, 'objects', stream.objectPath)
    writeFileSync(file, damage(readFileSync(file)))
    const pulling = pull(repository, referenceOf(imageLayout()), { ...OPTIONS, tag: 'other' })
    await expect(pulling).rejects.toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(`layer 1 (${layer?.diffId}): ${file}: `),
      }),
    )
    expect(visibleNames(repository).filter(name => name.endsWith('other'))).toEqual([])
  })

  test('and lost its stream is fetched without being asked', async () => {
    const { repository, reference, first } = await pulled()
    const stream = repository.streams.lookup(first)
    if (stream === undefined) throw new Error('no layer')
    rmSync(objectPath(repository, stream))
    const { layers } = await pull(repository, reference, OPTIONS)
    expect(layers.map(({ status }) => status)).toEqual(['fetched', 'present', 'present'])
  })

  test('and cannot be read any more is stored again: config and manifest', async () => {
    const { repository, reference, result } = await pulled()
    for (const id of [result.configVerity, result.manifestVerity]) {
      if (id === null) throw new Error('no stream')
      const path = objectPath(repository, id)
      rmSync(path)
      writeFileSync(path, 'broken')
      const again = await pull(repository, reference, OPTIONS)
      expect(again.manifestVerity?.hex).toBe(result.manifestVerity?.hex)
      expect((await openImage(repository, 'app')).manifest.digest).toBe(result.manifestDigest)
    }
  })
})

describe('an artifact', () => {
  test('has its blobs as they are, and no image', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const blobs = [
      layout.blob('x', 'text/plain'),
      layout.blob('', 'text/plain'),
      layout.blob('y'.repeat(1000), LAYER),
    ]
    layout.finish({ t: artifactOf(layout, blobs, { artifactType: 'a/b' }) })
    const result = await pull(repository, referenceOf(layout), OPTIONS)
    expect(result).toMatchObject({ isArtifact: true, composefsErofs: null, images: [] })
    expect(result.statistics).toMatchObject({ objectsNew: 3, bytesStored: 1001, bytesInlined: 0 })
    for (const { digest } of blobs) {
      const reader = await repository.streams.open(layerStreamId(digest))
      expect(reader.contentType).toBe(CONTENT_TYPES.blob)
      expect(reader.objectReferences).toHaveLength(1)
      expect(await contentDigest(repository, layerStreamId(digest))).toBe(digest)
    }
    const { config } = await openImage(repository, 'app')
    expect([...config.layers.keys()]).toEqual(blobs.map(({ digest }) => digest).sort())
    expect((await pull(repository, referenceOf(layout), OPTIONS)).statistics.bytesFetched).toBe(0)
  })

  test('is noted at its subject, which need not be there', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const subject = layout.image([])
    layout.finish({ t: artifactOf(layout, [], { subject }) })
    const { manifestDigest } = await pull(repository, referenceOf(layout), OPTIONS)
    expect(listReferrers(repository, subject.digest)).toEqual([manifestDigest])
  })

  test('may share a blob with the layer of an image, whichever comes first', async () => {
    for (const order of [
      ['image', 'artifact'],
      ['artifact', 'image'],
    ] as const) {
      const repository = await temporaryRepository()
      const layout = new LayoutBuilder()
      const [tar] = tars
      if (tar === undefined) throw new Error('no layers')
      const blob = layout.blob(tar, 'text/plain')
      layout.finish({ image: layout.image([tar]), artifact: artifactOf(layout, [blob]) })
      for (const tag of order) {
        await pull(repository, `oci:${layout.directory}:${tag}`, { ...OPTIONS, tag })
      }
      expect(await contentDigest(repository, layerStreamId(blob.digest))).toBe(blob.digest)
      const { image } = await openImage(repository, 'image')
      const reader = await repository.streams.open(layerStreamId(blob.digest))
      expect(reader.contentType).toBe(CONTENT_TYPES.layer)
      expect(image?.orderedLayers[0]?.stream.hex).toBe(
        repository.streams.lookup(layerStreamId(blob.digest))?.hex,
      )
      // What the artifact refers to must be a stream with a name, or the garbage collection drops its object.
      const { manifest } = await openImage(repository, 'artifact')
      const stream = manifest.layers.get(blob.digest)
      const named = Array.from(repository.streams.list(), ({ digest }) => digest.hex)
      expect(named).toContain(stream?.hex)
    }
  })

  test('that is a delta is refused by name', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const artifactType = 'application/vnd.io.github.containers.oci-delta.v1'
    layout.finish({ t: artifactOf(layout, [], { artifactType }) })
    await expect(pull(repository, referenceOf(layout), OPTIONS)).rejects.toThrow(/delta/)
  })
})

describe('layers', () => {
  const withLayer = (mediaType: string, more: object = {}) => {
    const layout = new LayoutBuilder()
    const config = layout.json(
      { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } },
      'application/vnd.oci.image.config.v1+json',
    )
    const layer = { mediaType, digest: `sha256:${'0'.repeat(64)}`, size: 1, ...more }
    return layout.finish({ t: layout.manifest(config, [layer]) })
  }

  test.each([
    [`${LAYER}+gzip+encrypted`, /encrypted/],
    ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', /no layer of a container image/],
    ['application/vnd.oci.image.config.v1+json', /no layer of a container image/],
  ])('of type %s are refused', async (mediaType, message) => {
    const repository = await temporaryRepository()
    const pulling = pull(repository, referenceOf(withLayer(mediaType)), OPTIONS)
    await expect(pulling).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_UNSUPPORTED_MEDIA_TYPE',
        message: expect.stringMatching(message),
        facts: expect.objectContaining({ layer: 1, mediaType }),
      }),
    )
  })

  test('that are elsewhere are not fetched from there', async () => {
    const repository = await temporaryRepository()
    const urls = ['https://example.invalid/layer']
    const layout = withLayer('application/vnd.oci.image.layer.nondistributable.v1.tar', { urls })
    await expect(pull(repository, referenceOf(layout), OPTIONS)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_MISSING_BLOB',
        message: expect.stringContaining('never fetched'),
        facts: expect.objectContaining({ layer: 1, choices: urls }),
      }),
    )
  })

  test('by SHA-512 of the blob are checked by it', async () => {
    const layout = new LayoutBuilder()
    const [tar] = tars
    if (tar === undefined) throw new Error('no layers')
    layout.image([tar])
    const hex = createHash('sha512').update(tar).digest('hex')
    mkdirSync(join(layout.directory, 'blobs/sha512'))
    layout.write(`blobs/sha512/${hex}`, tar)
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`
    const config = layout.json(
      { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [diffId] } },
      'application/vnd.oci.image.config.v1+json',
    )
    const layer = { mediaType: LAYER, digest: `sha512:${hex}`, size: tar.length }
    layout.finish({ t: layout.manifest(config, [layer]) })
    const repository = await temporaryRepository({ algorithm: SHA256 })
    const { layers } = await pull(repository, referenceOf(layout), OPTIONS)
    expect(layers).toMatchObject([
      { diffId, digest: layer.digest, status: 'fetched', size: tar.length },
    ])
    const changed = Buffer.from(tar)
    // Content of the first file.
    changed[1030] = (changed[1030] ?? 0) ^ 1
    layout.write(`blobs/sha512/${hex}`, changed)
    const other = await temporaryRepository()
    await expect(pull(other, referenceOf(layout), OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_DIGEST_MISMATCH' }),
    )
  })
})

test('a compressed archive leaves the temporary directory as it was', async () => {
  const layout = imageLayout()
  const names = readdirSync(layout.directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  const tar = await tarOf(
    names.map(name => [name.slice(layout.directory.length + 1), readFileSync(name)] as const),
  )
  const archive = join(temporaryDirectory(), 'x.tar.gz')
  writeFileSync(archive, gzipSync(tar))
  const directory = temporaryDirectory()
  const repository = await temporaryRepository()
  const result = await pull(repository, `oci-archive:${archive}`, {
    ...OPTIONS,
    temporaryDirectory: directory,
  })
  expect(result.layers).toHaveLength(3)
  expect(readdirSync(directory)).toEqual([])
})
