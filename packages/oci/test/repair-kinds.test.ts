import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { collectGarbage, type Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import {
  type StaticRegistry,
  serveLayout,
  startStaticRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkOci } from '../src/check/check-oci.ts'
import { formatOciFinding } from '../src/check/finding.ts'
import { copyImage } from '../src/copy/copy-image.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { repairRepository } from '../src/repair/repair.ts'
import { seal } from '../src/seal/seal.ts'
import { openImage } from '../src/store/open-image.ts'
import { addReferrer } from '../src/store/referrers.ts'
import { blobStreamId, layerStreamId } from '../src/store/stream-names.ts'
import { removeTag } from '../src/store/tags.ts'
import { damage, documentObjects, entriesOf, layerObjects } from './damaged-repository.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { registryHome } from './registry-home.ts'
import { temporaryRepository } from './temporary-repository.ts'

const platform = parsePlatform('linux/amd64')
const DOCKER = 'application/vnd.docker'

const usr = { name: 'usr', type: 'directory' } as const
const tarOf = (name: string) =>
  buildTar([
    usr,
    ...[1, 2, 3].map(i => ({ name: `usr/${name}${i}`, content: name.repeat(100 + i) })),
  ])

const newRepository = () => temporaryRepository({ versions: [1, 2], lock: 'exclusive' })

async function expectSound(repository: Repository): Promise<void> {
  const report = await checkOci(repository, { content: true })
  expect(report.findings.map(formatOciFinding)).toEqual([])
  expect(report.repository.findings).toEqual([])
}

async function objectsOf(repository: Repository, stream: string) {
  return [...(await repository.streams.open(stream)).objectReferences]
}

describe('a bootable image', () => {
  async function bootable() {
    const files = 'etc/selinux/t/contexts/files/file_contexts'
    const tar = await buildTar([
      ...['usr/', 'boot/', 'sysroot/'].map(name => ({ name, type: 'directory' as const })),
      { name: files, content: `/.* system_u:object_r:all_t:s0\n${'#'.repeat(100)}` },
      { name: 'etc/selinux/config', content: 'SELINUXTYPE=t\n' },
    ])
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image([tar]) })
    const reference = `oci:${layout.directory}:t`
    const repository = await newRepository()
    await pull(repository, reference, { tag: 'os', platform, bootable: true })
    return { repository, reference }
  }

  test('gets all its variants again', async () => {
    const { repository } = await bootable()
    const before = entriesOf(repository)
    const images = [...repository.images.list()]
    expect(images).toHaveLength(4)
    damage(repository, images, 'changed')
    const report = await repairRepository(repository)
    expect(report).toMatchObject({ ok: true, failures: [], layers: [] })
    expect(report.images).toHaveLength(4)
    expect(entriesOf(repository)).toEqual(before)
  })

  test('gets them although nothing is left that names them but their ids', async () => {
    const { repository } = await bootable()
    const before = entriesOf(repository)
    damage(repository, repository.images.list())
    damage(repository, [(await documentObjects(repository, 'os'))['config stream']])
    const report = await repairRepository(repository)
    expect(report.failures.map(({ reason }) => reason)).toEqual(['no source has what is missing'])
    const { reference } = await bootable()
    expect(await repairRepository(repository, { from: [reference], platform })).toMatchObject({
      ok: true,
      failures: [],
    })
    // And a stream of the config without them, which it might have been.
    expect(entriesOf(repository)).toEqual(expect.arrayContaining(before))
    await expectSound(repository)
  })
})

test('a sealed image gets the image of its label again', async () => {
  const image = packedImage([await tarOf('a'), await tarOf('b')])
  const repository = await newRepository()
  await pull(repository, image.reference, { tag: 'app', platform })
  await seal(repository, 'app')
  const before = entriesOf(repository)
  damage(repository, repository.images.list())
  expect(await repairRepository(repository)).toMatchObject({ ok: true, failures: [], layers: [] })
  expect(entriesOf(repository)).toEqual(before)
  await expectSound(repository)
})

test('an image sealed in a format that is not made here keeps what a repair makes for it', async () => {
  const image = packedImage([await tarOf('a')])
  const maker = await temporaryRepository({ versions: [2] })
  await pull(maker, image.reference, { tag: 'app', platform })
  const { image: sealed } = await seal(maker, 'app')
  const repository = await temporaryRepository({ versions: [1], lock: 'exclusive' })
  await copyImage(maker, 'app', repository, { tag: 'app' })
  expect(repository.images.has(sealed)).toBe(false)
  expect(await repairRepository(repository)).toMatchObject({ ok: true, images: [sealed.hex] })
  await collectGarbage(repository)
  expect(repository.images.has(sealed)).toBe(true)
  await expectSound(repository)
  expect(await repairRepository(repository)).toMatchObject({ ok: true, documents: [] })
})

describe('an artifact', () => {
  test('gets its blobs again, and is found as a referrer', async () => {
    const layout = new LayoutBuilder()
    const image = packedImage([await tarOf('a')], layout)
    const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json')
    const blob = layout.blob('a signature, '.repeat(20), 'text/plain')
    const subject = image.manifest
    const artifact = layout.manifest(config, [blob], {}, { subject, artifactType: 'a/signature' })
    layout.finish({ t: image.manifest, signature: artifact })
    const reference = `oci:${layout.directory}:signature`
    const repository = await newRepository()
    await pull(repository, reference, { tag: 'signature', platform })
    removeTag(repository, 'signature')
    addReferrer(repository, image.manifest.digest, artifact.digest)
    const before = entriesOf(repository)
    damage(repository, await objectsOf(repository, layerStreamId(blob.digest)), 'changed')
    const report = await repairRepository(repository, { from: [reference], platform })
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers.map(({ digest }) => digest)).toEqual([blob.digest])
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })
})

test('the Docker manifest that one was converted from comes back', async () => {
  const layout = new LayoutBuilder()
  const tar = await tarOf('d')
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`
  const rootfs = { type: 'layers', diff_ids: [diffId] }
  const config = layout.json(
    { architecture: 'amd64', os: 'linux', rootfs },
    `${DOCKER}.container.image.v1+json`,
  )
  const mediaType = `${DOCKER}.distribution.manifest.v2+json`
  const layer = layout.blob(gzipSync(tar), `${DOCKER}.image.rootfs.diff.tar.gzip`)
  const body = { schemaVersion: 2, mediaType, config, layers: [layer] }
  const manifest = layout.json(body, mediaType)
  layout.finish({ t: manifest })
  const reference = `oci:${layout.directory}:t`
  const repository = await newRepository()
  await pull(repository, reference, { tag: 'app', platform })
  const before = entriesOf(repository)
  damage(repository, await objectsOf(repository, blobStreamId(manifest.digest)))
  expect(await repairRepository(repository)).toMatchObject({ ok: false, layers: [] })
  const report = await repairRepository(repository, { from: [reference], platform })
  expect(report).toMatchObject({ ok: true, failures: [], layers: [] })
  expect(entriesOf(repository)).toEqual(before)
  await expectSound(repository)
})

describe('a registry', () => {
  const home = registryHome()
  let server: StaticRegistry
  beforeAll(async () => {
    server = await startStaticRegistry()
  })
  afterAll(() => server.stop())

  test('gives the layers that are bad, once, for all images that have them', async () => {
    const layout = new LayoutBuilder()
    const base = await tarOf('base')
    const images = [
      packedImage([base, await tarOf('one')], layout),
      packedImage([base, await tarOf('two')], layout),
    ] as const
    layout.finish({ one: images[0].manifest, two: images[1].manifest })
    server.serve('app', serveLayout(layout.directory))
    const registry = home.options([server.host])
    const repository = await newRepository()
    // As they are named without another name: where they come from is known.
    const names = ['one', 'two'].map(tag => `docker://${server.host}/app:${tag}`)
    for (const name of names) await pull(repository, name, { platform, registry })
    const before = entriesOf(repository)
    const [shared, own] = images[0].diffIds as [string, string]
    damage(repository, await layerObjects(repository, shared), 'changed')
    damage(repository, [repository.streams.resolve(layerStreamId(own))])
    const report = await repairRepository(repository, { platform, registry })
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers.map(({ diffId }) => diffId).toSorted()).toEqual([shared, own].toSorted())
    expect(report.bytesFetched).toBe(images[0].blobs.reduce((sum, { size }) => sum + size, 0))
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('that is gone is told, and what can be done is done', async () => {
    const image = packedImage([await tarOf('x')])
    const repository = await newRepository()
    await pull(repository, image.reference, { tag: 'app', platform })
    damage(repository, await layerObjects(repository, image.diffIds[0] as string))
    const [first] = repository.images.list()
    if (first === undefined) throw new Error('no image')
    damage(repository, [first])
    const registry = home.options([server.host], { retries: 0 })
    const from = [`docker://${server.host}/nothing:here`]
    const report = await repairRepository(repository, { platform, registry, from })
    expect(report).toMatchObject({ ok: false, images: [first.hex], layers: [] })
    expect(report.failures.map(({ from: source }) => source)).toContain(from[0])
  })
})

test('a repairing pull fetches a blob again that an earlier one kept', async () => {
  const image = packedImage([await tarOf('a'), await tarOf('b')])
  const repository = await newRepository()
  await pull(repository, image.reference, { tag: 'app', platform, keepBlobs: true })
  const before = entriesOf(repository)
  const { blobs } = (await openImage(repository, 'app')).manifest
  const kept = blobs.get(image.digests[1] as string)
  if (kept === undefined) throw new Error('no blob')
  damage(repository, (await repository.streams.open(kept)).objectReferences)
  const result = await pull(repository, image.reference, { tag: 'app', platform, repair: true })
  expect(result.statistics.bytesFetched).toBe(image.blobs[1]?.size)
  expect(entriesOf(repository)).toEqual(before)
  await expectSound(repository)
})
