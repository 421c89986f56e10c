import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Algorithm, type Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { copyImage } from '../src/copy/copy-image.ts'
import type { Progress } from '../src/progress.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { keptBlob } from '../src/store/kept-blob.ts'
import { manifestName, writeManifest } from '../src/store/manifest-stream.ts'
import { openImage } from '../src/store/open-image.ts'
import { listReferrers } from '../src/store/referrers.ts'
import { layerStreamId } from '../src/store/stream-names.ts'
import { setTag } from '../src/store/tags.ts'
import { imageVectors, imageVectorsDirectory, VECTOR_PULL } from './image-vectors.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { contentDigest, visibleNames } from './visible-names.ts'

const PAIRS: readonly (readonly [string, Algorithm, Algorithm])[] = [
  ['sha256 to sha256', SHA256, SHA256],
  ['sha256 to sha512', SHA256, SHA512],
]
const OPTIONS: PullOptions = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }

const tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars.push(
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(600_000) }]),
    await buildTar([
      { name: 'usr/b', content: 'b'.repeat(200) },
      { name: 'usr/twice', content: 'b'.repeat(200) },
      { name: 'usr/c', content: 'small' },
    ]),
  )
})

const repositoryOf = (algorithm: Algorithm) => temporaryRepository({ algorithm, versions: [1, 2] })

/** Names and what they stand for. */
function contents(repository: Repository): string[] {
  return [
    ...visibleNames(repository),
    ...Array.from(repository.streams.list(), ({ id, digest }) => `${id} -> ${digest.hex}`),
  ]
}

function objectCount(repository: Repository): number {
  return readdirSync(join(repository.path, 'objects'), {
    recursive: true,
    withFileTypes: true,
  }).filter(entry => entry.isFile()).length
}

describe.each(PAIRS)('a copy, %s', (_, source, target) => {
  test.each(imageVectors.filter(({ verdict }) => verdict === 'accept'))(
    'of $id is what a pull stores',
    async ({ file, ref }) => {
      const reference = `oci-archive:${join(imageVectorsDirectory, file)}${ref === null ? '' : `:${ref}`}`
      const [from, to, pulled] = [
        await repositoryOf(source),
        await repositoryOf(target),
        await repositoryOf(target),
      ]
      const options = { ...VECTOR_PULL, keepBlobs: true }
      await pull(from, reference, options)
      const expected = await pull(pulled, reference, options)
      const result = await copyImage(from, 'pulled', to, { tag: 'pulled' })
      expect(contents(to)).toEqual(contents(pulled))
      expect(objectCount(to)).toBe(objectCount(pulled))
      expect(result).toMatchObject({
        manifestDigest: expected.manifestDigest,
        configDigest: expected.configDigest,
        manifestVerity: expected.manifestVerity,
        configVerity: expected.configVerity,
        tag: 'pulled',
        isArtifact: expected.isArtifact,
        images: expected.images,
      })
      expect(result.layers.map(({ diffId }) => diffId)).toEqual(
        expected.layers.map(({ diffId }) => diffId),
      )
      for (const { id } of to.streams.list()) {
        expect(await contentDigest(to, id)).toBe(id.replace(/^oci-[a-z]+-/, ''))
      }
    },
  )

  test('of what is there stores nothing, whatever its name', async () => {
    const [from, to] = [await repositoryOf(source), await repositoryOf(target)]
    await pull(from, packedImage(tars).reference, { ...OPTIONS, keepBlobs: true })
    await copyImage(from, 'app', to)
    expect(visibleNames(to).filter(name => name.startsWith('streams/refs'))).toEqual([])
    const before = objectCount(to)
    const again = await copyImage(from, 'app', to, { tag: 'other' })
    expect(again.layers.map(({ status }) => status)).toEqual(['present', 'present'])
    expect(again.objects).toEqual({ present: 0, copied: 0, reflinked: 0, hardlinked: 0 })
    expect(objectCount(to)).toBe(before)
    expect((await openImage(to, 'other')).manifest.digest).toBe(again.manifestDigest)
  })

  test('skips layers that are there, and counts the others', async () => {
    const [from, to] = [await repositoryOf(source), await repositoryOf(target)]
    await pull(from, packedImage(tars).reference, OPTIONS)
    await pull(to, packedImage(tars.slice(0, 1)).reference, OPTIONS)
    const frames: Progress[] = []
    const { layers, objects, bytes } = await copyImage(from, 'app', to, {
      onProgress: frame => frames.push(frame),
    })
    expect(layers.map(({ status }) => status)).toEqual(['present', 'copied'])
    expect(objects.copied + objects.reflinked).toBe(1)
    expect(objects.present).toBe(1)
    expect(bytes.copied + bytes.reflinked).toBe(200)
    const size = layers[1]?.size ?? 0
    expect(frames[0]).toMatchObject({ kind: 'started', id: 'total', total: size, transfers: 2 })
    const totals = frames.flatMap(frame =>
      frame.kind === 'progress' && frame.id === 'total' ? [frame.fetched] : [],
    )
    expect(totals).toEqual([...totals].sort((a, b) => a - b))
    expect(frames).toContainEqual({ kind: 'done', id: 'total', transferred: size })
  })

  test('has the kept blobs that there are', async () => {
    const [from, to] = [await repositoryOf(source), await repositoryOf(target)]
    const low = packedImage(tars.slice(0, 1))
    await pull(from, low.reference, { ...OPTIONS, keepBlobs: true })
    const both = packedImage(tars)
    await pull(from, both.reference, OPTIONS)
    const { blobs } = (await openImage(from, 'app')).manifest
    const result = await copyImage(from, 'app', to, { tag: 'app' })
    expect(result.layers.map(({ isBlobKept }) => isBlobKept)).toEqual(
      both.digests.map(digest => blobs.has(digest)),
    )
    const copied = (await openImage(to, 'app')).manifest.blobs
    expect([...copied.keys()]).toEqual([...blobs.keys()])
    for (const digest of copied.keys()) {
      const kept = await keptBlob(to, digest)
      const bytes = readFileSync(join(both.layout.directory, 'blobs', ...digest.split(':')))
      expect(Buffer.concat([...(kept?.chunks() ?? [])]).equals(bytes)).toBe(true)
    }
    // An image without them gets them from another repository later.
    const late = await repositoryOf(target)
    await pull(late, both.reference, OPTIONS)
    await pull(from, both.reference, { ...OPTIONS, keepBlobs: true })
    const added = await copyImage(from, 'app', late, { tag: 'app' })
    expect(added.layers.map(({ isBlobKept }) => isBlobKept)).toEqual([true, true])
    expect((await openImage(late, 'app')).manifest.blobs.size).toBe(2)
  })

  test('brings what refers to the image, if that is wanted', async () => {
    const [from, to] = [await repositoryOf(source), await repositoryOf(target)]
    const { layout, manifest, reference } = packedImage(tars)
    await pull(from, reference, OPTIONS)
    const about = (subject: object, text: string) =>
      layout.manifest(
        layout.blob('{}', 'application/vnd.oci.empty.v1+json'),
        [layout.blob(text, 'text/plain')],
        {},
        { subject, artifactType: 'a/signature' },
      )
    const signature = about(manifest, 'signature')
    const signed = about(signature, 'signature of the signature')
    for (const artifact of [signature, signed]) {
      layout.finish({ t: artifact })
      await pull(from, reference, { ...OPTIONS, noTag: true })
    }
    expect((await copyImage(from, 'app', to)).referrers).toEqual([])
    expect(listReferrers(to, manifest.digest)).toEqual([])
    const { referrers } = await copyImage(from, 'app', to, { referrers: true })
    expect(referrers).toEqual([
      {
        manifestDigest: signature.digest,
        subject: manifest.digest,
        artifactType: 'a/signature',
        status: 'fetched',
      },
      {
        manifestDigest: signed.digest,
        subject: signature.digest,
        artifactType: 'a/signature',
        status: 'fetched',
      },
    ])
    expect(listReferrers(to, manifest.digest)).toEqual([signature.digest])
    expect(listReferrers(to, signature.digest)).toEqual([signed.digest])
  })
})

describe('a copy', () => {
  test('of an artifact whose blobs are stored as layers stores them as blobs', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    const layout = new LayoutBuilder()
    const blobs = ['small', 'l'.repeat(100)].map(text => layout.blob(text, 'text/plain'))
    layout.finish({ t: layout.manifest(layout.blob('{}', 'application/x'), blobs) })
    const reference = `oci:${layout.directory}:t`
    await pull(from, reference, OPTIONS)
    const { config, manifest } = await openImage(from, 'app')
    // What cfsctl makes of an artifact that it copies.
    const layers = new Map<string, Digest>()
    for (const { digest } of blobs) {
      const bytes = readFileSync(join(layout.directory, 'blobs', ...digest.split(':')))
      const writer = from.streams.createWriter(CONTENT_TYPES.layer)
      if (bytes.length > 64) writer.writeExternal(from.objects.put(bytes).digest, bytes.length)
      else writer.writeInline(bytes)
      layers.set(digest, await from.streams.store(writer))
    }
    const newConfig = await writeConfig(from, { json: config.json, layers, images: new Map() })
    const newManifest = await writeManifest(from, {
      json: manifest.json,
      config: newConfig,
      layers,
    })
    publish(from, [
      ...Array.from(layers, ([id, digest]) => ({
        kind: 'stream' as const,
        id: layerStreamId(id),
        digest,
      })),
      configName(newConfig),
      manifestName(newManifest),
    ])
    await copyImage(from, 'app', to, { tag: 'app' })
    const pulled = await repositoryOf(SHA256)
    await pull(pulled, reference, OPTIONS)
    expect(contents(to)).toEqual(contents(pulled))
  })

  test('between two hashes shares nothing', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA512)]
    await pull(from, packedImage(tars).reference, OPTIONS)
    await expect(copyImage(from, 'app', to, { mustShare: true })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_REPOSITORY_CANNOT_SHARE' }),
    )
    expect(visibleNames(to)).toEqual([])
  })

  test('without copies shares everything', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    await pull(from, packedImage(tars).reference, OPTIONS)
    const { objects } = await copyImage(from, 'app', to, { mustShare: true, tag: 'app' })
    expect(objects).toMatchObject({ copied: 0, present: 1 })
    expect(objects.reflinked + objects.hardlinked).toBe(2)
    rmSync(from.path, { recursive: true })
    expect(await contentDigest(to, layerStreamId(packedImage(tars).diffIds[0] ?? ''))).toBe(
      packedImage(tars).diffIds[0],
    )
  })

  test('makes the boot variant that is asked for', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    const directories = ['usr', 'boot', 'sysroot'].map(name => ({
      name,
      type: 'directory' as const,
    }))
    const { reference } = packedImage([
      await buildTar([...directories, { name: 'boot/vmlinuz', content: 'k'.repeat(100) }]),
    ])
    const { composefsBootErofs } = await pull(from, reference, { ...OPTIONS, bootable: true })
    expect((await copyImage(from, 'app', to)).composefsBootErofs).toBeNull()
    const copied = await copyImage(from, 'app', to, { bootable: true })
    expect(copied.composefsBootErofs?.hex).toBe(composefsBootErofs?.hex)
    expect(visibleNames(to)).toContain(`images/${composefsBootErofs?.hex}`)
  })

  test('into the same repository gives another name', async () => {
    const repository = await repositoryOf(SHA256)
    await pull(repository, packedImage(tars).reference, OPTIONS)
    const { layers } = await copyImage(repository, 'app', repository, { tag: 'too' })
    expect(layers.map(({ status }) => status)).toEqual(['present', 'present'])
    expect((await openImage(repository, 'too')).manifest.digest).toBe(
      (await openImage(repository, 'app')).manifest.digest,
    )
  })

  test('of a layer that refers to another stream splits it anew', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    const { reference, diffIds } = packedImage(tars.slice(0, 1))
    await pull(from, reference, OPTIONS)
    const [diffId = ''] = diffIds
    const plain = from.streams.resolve(layerStreamId(diffId))
    const reader = await from.streams.open(plain)
    const writer = from.streams.createWriter(CONTENT_TYPES.layer)
    writer.addNamedReference('other', plain)
    for await (const chunk of reader.chunks()) {
      if (chunk.kind === 'inline') writer.writeInline(chunk.data)
      else writer.writeExternal(chunk.digest, from.objects.sizeOf(chunk.digest) ?? 0)
    }
    const odd = await from.streams.store(writer)
    expect(odd.equals(plain)).toBe(false)
    const { config, manifest } = await openImage(from, 'app')
    const layers = new Map([[diffId, odd]])
    const newConfig = await writeConfig(from, { json: config.json, layers, images: new Map() })
    const newManifest = await writeManifest(from, {
      json: manifest.json,
      config: newConfig,
      layers,
    })
    publish(from, [configName(newConfig), manifestName(newManifest)])
    await copyImage(from, 'app', to, { tag: 'app' })
    expect(to.streams.resolve(layerStreamId(diffId)).equals(plain)).toBe(true)
  })

  test('of a manifest under a wrong digest puts it under its own', async () => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image(tars) })
    await pull(from, `oci:${layout.directory}:t`, OPTIONS)
    const { manifest } = await openImage(from, 'app')
    const wrong = `sha256:${'ab'.repeat(32)}`
    publish(from, [manifestName({ digest: wrong, stream: manifest.stream })])
    setTag(from, 'app', wrong)
    const { manifestDigest } = await copyImage(from, 'app', to, { tag: 'app' })
    expect(manifestDigest).toBe(manifest.digest)
    expect((await openImage(to, 'app')).manifest.digest).toBe(manifest.digest)
  })

  test.each([
    ['of nothing', 'nope', {}, 'ERR_OCI_NO_SUCH_IMAGE'],
    ['under a bad name', 'app', { tag: '@x' }, 'ERR_OCI_BAD_TAG'],
  ])('%s is refused', async (_, image, options, code) => {
    const [from, to] = [await repositoryOf(SHA256), await repositoryOf(SHA256)]
    await pull(from, packedImage(tars).reference, OPTIONS)
    await expect(copyImage(from, image, to, options)).rejects.toThrow(
      expect.objectContaining({ code }),
    )
    expect(visibleNames(to)).toEqual([])
  })
})
