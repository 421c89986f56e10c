import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { buildTar } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { computeDigests } from '../src/digests/compute-digests.ts'
import { formatPlatform, parsePlatform } from '../src/document/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { openSource } from '../src/source/open-source.ts'
import { distantSource } from './distant-source.ts'
import { imageVectors, imageVectorsDirectory, VECTOR_PULL } from './image-vectors.ts'
import { LayoutBuilder, tarOf } from './layout-builder.ts'
import { digestsOf, idsOf, platform, pulledIds } from './layout-digests.ts'
import { twoLayers } from './pulled-image.ts'
import { reasonOf } from './reasons.ts'
import { temporaryRepository } from './temporary-repository.ts'

describe('the vectors', () => {
  const reference = (file: string, ref: string | null) =>
    `oci-archive:${join(imageVectorsDirectory, file)}${ref === null ? '' : `:${ref}`}`
  const compute = async (file: string, ref: string | null) => {
    await using source = await openSource(reference(file, ref), { platform })
    return await computeDigests(source)
  }

  test.each(imageVectors.filter(({ verdict }) => verdict === 'accept'))(
    '$id: the ids are those of a pull',
    async ({ file, ref, facts }) => {
      if (facts?.artifact) {
        await expect(compute(file, ref)).rejects.toThrow(
          expect.objectContaining({ code: 'ERR_OCI_NOT_AN_IMAGE' }),
        )
        return
      }
      const [image] = await compute(file, ref)
      expect(image?.dockerManifestDigest ?? image?.manifestDigest).toBe(facts?.manifest_digest)
      expect(image?.configDigest).toBe(facts?.config_digest)
      const expected: Record<string, string> = {}
      for (const algorithm of [SHA256, SHA512]) {
        const repository = await temporaryRepository({ algorithm, versions: [1, 2] })
        const { images } = await pull(repository, reference(file, ref), VECTOR_PULL)
        for (const { version, digest } of images) {
          expected[`${algorithm.name} V${version}`] = digest.hex
        }
      }
      expect(idsOf(image)).toEqual(expected)
      expect(Object.keys(expected)).toHaveLength(4)
      const { sha256_v1, sha256_v2 } = facts?.image_ids ?? {}
      if (sha256_v1 !== undefined) expect(expected['sha256 V1']).toBe(sha256_v1)
      if (sha256_v2 !== undefined) expect(expected['sha256 V2']).toBe(sha256_v2)
    },
  )

  test.each(imageVectors.filter(({ verdict }) => verdict === 'reject'))(
    '$id is refused as by a pull: $reason',
    async ({ file, ref, reason, note }) => {
      const error = await compute(file, ref).catch((thrown: unknown) => thrown)
      expect([reason, ...(note?.split(' or ') ?? [])]).toContain(reasonOf(error))
    },
  )
})

describe('which ids', () => {
  test('are chosen, in one order', async () => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image(await twoLayers()) })
    const all = idsOf((await digestsOf(layout)).images[0])
    expect(Object.keys(all)).toEqual(['sha256 V1', 'sha256 V2', 'sha512 V1', 'sha512 V2'])
    expect(all).toEqual(await pulledIds(layout))
    const some = await digestsOf(layout, { algorithms: [SHA512], versions: [2, 1] })
    expect(idsOf(some.images[0])).toEqual({
      'sha512 V2': all['sha512 V2'],
      'sha512 V1': all['sha512 V1'],
    })
    const v0 = await digestsOf(layout, { algorithms: [SHA256], versions: [0] })
    expect(Object.keys(idsOf(v0.images[0]))).toEqual(['sha256 V0'])
  })

  test('follow the filter of xattrs', async () => {
    const layout = new LayoutBuilder()
    const tar = await buildTar([
      { name: 'usr', type: 'directory' },
      { name: 'usr/a', content: 'a'.repeat(100), xattrs: { 'user.x': '1' } },
    ])
    layout.finish({ t: layout.image([tar]) })
    const [plain] = (await digestsOf(layout)).images
    const [kept] = (await digestsOf(layout, { xattrs: 'keep-user-xattrs' })).images
    expect(plain?.ids.map(({ xattrs }) => xattrs)).toEqual(Array(4).fill('allowlist-only'))
    expect(kept?.ids.map(({ xattrs }) => xattrs)).toEqual(Array(4).fill('keep-user-xattrs'))
    expect(idsOf(kept)).not.toEqual(idsOf(plain))
  })

  test('of a layer that comes twice', async () => {
    const [low, high] = await twoLayers()
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image([low, high, low]) })
    expect(idsOf((await digestsOf(layout)).images[0])).toEqual(await pulledIds(layout))
  })

  test('of an image without layers', async () => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image([]) })
    const { images, notices } = await digestsOf(layout)
    expect(idsOf(images[0])).toEqual(await pulledIds(layout))
    // Said once, not for every hash.
    expect(notices).toEqual([
      { level: 'notice', message: expect.stringMatching(/^no directory \/usr/) },
    ])
  })
})

describe('all platforms', () => {
  test('of an index, and of an index in it', async () => {
    const [low, high] = await twoLayers()
    const layout = new LayoutBuilder()
    const named = (architecture: string) => ({ platform: { os: 'linux', architecture } })
    const amd64 = layout.image([low], {}, named('amd64'))
    const arm64 = layout.image([low, high], { architecture: 'arm64' }, named('arm64'))
    const riscv64 = layout.image([low], { architecture: 'riscv64' })
    layout.finish({ t: layout.index([amd64, layout.index([arm64, riscv64, amd64])]) })
    const { images, notices, progress } = await digestsOf(layout, { allPlatforms: true })
    expect(notices).toEqual([])
    expect(images.map(image => image.platform && formatPlatform(image.platform))).toEqual([
      'linux/amd64',
      'linux/arm64',
      'linux/riscv64',
    ])
    expect(images.map(image => image.manifestDigest)).toEqual(
      [amd64, arm64, riscv64].map(({ digest }) => digest),
    )
    for (const image of images) {
      const own = parsePlatform(formatPlatform(image.platform ?? platform))
      expect(idsOf(image)).toEqual(await pulledIds(layout, own))
    }
    // One total for all, layers in common counted each time.
    const sizes = [low, low, high, low].reduce((sum, tar) => sum + tar.length, 0)
    expect(progress[0]).toEqual({
      kind: 'started',
      id: 'total',
      total: sizes,
      unit: 'bytes',
      transfers: 4,
    })
    expect(progress.at(-1)).toEqual({ kind: 'done', id: 'total', transferred: sizes })
  })

  test('leaves out what is no image', async () => {
    const layout = new LayoutBuilder()
    const [low] = await twoLayers()
    const image = layout.image([low])
    const statement = layout.blob('{}', 'application/vnd.in-toto+json')
    const attestation = layout.manifest(
      layout.json(
        { architecture: 'unknown', os: 'unknown', rootfs: { diff_ids: [statement.digest] } },
        'application/vnd.oci.image.config.v1+json',
      ),
      [statement],
      { platform: { os: 'unknown', architecture: 'unknown' } },
    )
    const artifact = layout.manifest(layout.json({}, 'application/vnd.example'), [statement])
    layout.finish({ t: layout.index([image, attestation, artifact]) })
    const { images, notices } = await digestsOf(layout, { allPlatforms: true })
    expect(images.map(({ manifestDigest }) => manifestDigest)).toEqual([image.digest])
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${attestation.digest} is left out`),
      expect.stringContaining(`${artifact.digest} is left out`),
    ])
    const nothing = new LayoutBuilder()
    const alone = nothing.manifest(nothing.json({}, 'application/vnd.example'), [])
    nothing.finish({ t: nothing.index([alone]) })
    await expect(digestsOf(nothing, { allPlatforms: true })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_NOT_AN_IMAGE' }),
    )
  })

  test('of a manifest, and of a source that has no other', async () => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image(await twoLayers()) })
    const [image] = (await digestsOf(layout)).images
    expect((await digestsOf(layout, { allPlatforms: true })).images).toEqual([image])
    await using source = await distantSource(layout)
    expect(await computeDigests(source, { allPlatforms: true })).toEqual([image])
  })

  test('stops at indexes that are too deep', async () => {
    const layout = new LayoutBuilder()
    let inner = layout.image(await twoLayers())
    for (let level = 0; level < 9; level++) inner = layout.index([inner])
    layout.finish({ t: inner })
    await expect(digestsOf(layout, { allPlatforms: true })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_INDEX_TOO_DEEP' }),
    )
  })
})

describe('what goes wrong', () => {
  test('tells image and layer', async () => {
    const layout = new LayoutBuilder()
    const [low, high] = await twoLayers()
    const image = layout.image([low, high])
    layout.finish({ t: image })
    const hex = layout.blob(high, 'x').digest.slice('sha256:'.length)
    layout.write(`blobs/sha256/${hex}`, Buffer.from(high).fill('z', 512, 513))
    const error = await digestsOf(layout).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_OCI_DIGEST_MISMATCH',
      message: expect.stringMatching(/^oci:.*:t: layer 2 \(sha256:/),
      facts: { layer: 2 },
    })
  })

  test.each([
    ['a layer that leaves out parents', { strict: true }, 'ERR_OCI_TREE_MISSING_PARENT'],
    ['a boot variant without /boot', { bootable: true }, 'ERR_OCI_BOOT_NO_DIRECTORY'],
  ])('%s', async (_, options, code) => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image([await tarOf([['usr/a', 'a']])]) })
    await expect(digestsOf(layout, options)).rejects.toThrow(expect.objectContaining({ code }))
    const { notices } = await digestsOf(layout)
    expect(notices.map(({ level }) => level)).toEqual(['warning'])
  })

  test('a source that stalls ends with the signal, its blob closed', async () => {
    const layout = new LayoutBuilder()
    const [low, high] = await twoLayers()
    layout.finish({ t: layout.image([low, high]) })
    const { digest } = layout.blob(low, 'x')
    const controller = new AbortController()
    await using source = await distantSource(layout, new Map([[digest, { stallAt: 1000 }]]))
    const reason = new Error('enough')
    const computing = computeDigests(source, { signal: controller.signal })
    const waiting = setInterval(() => {
      if (source.counts.stalled > 0) controller.abort(reason)
    }, 1)
    await expect(computing).rejects.toBe(reason)
    clearInterval(waiting)
    expect(source.counts).toMatchObject({ open: 0, most: 1 })
  })
})

test('one layer is read at a time, from the lowest', async () => {
  const layout = new LayoutBuilder()
  const [low, high] = await twoLayers()
  layout.finish({ t: layout.image([low, high]) })
  await using source = await distantSource(layout)
  await computeDigests(source)
  const layers = [low, high].map(tar => layout.blob(tar, 'x').digest)
  expect(source.opened.filter(digest => layers.includes(digest))).toEqual(layers)
  expect(source.counts).toMatchObject({ open: 0, most: 1 })
})
