import { lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fsverityDigest } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { publish, type Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CheckOciOptions, checkOci } from '../src/check/check-oci.ts'
import { formatOciFinding } from '../src/check/finding.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { repairRepository } from '../src/repair/repair.ts'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { manifestName, writeManifest } from '../src/store/manifest-stream.ts'
import { openImage } from '../src/store/open-image.ts'
import { layerStreamId, manifestStreamId } from '../src/store/stream-names.ts'
import { damage, documentObjects, layerObjects } from './damaged-repository.ts'
import { ociCode } from './oci-code.ts'
import { type PackedImage, packedImage } from './packed-image.ts'
import { twoLayers } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { vectorRepository, vectorRepositoryNames } from './vector-repository.ts'

interface Expected {
  readonly ok: boolean
  readonly images_checked: number
  readonly images_corrupted: number
  readonly errors: readonly string[]
}

/** What the peer says of a repository; undefined where it was not asked. */
function expectedOf(name: string): Expected | undefined {
  const text = readFileSync(join(vectorsDirectory, `repo/repos/${name}.json`), 'utf8')
  return JSON.parse(text).oci_fsck_json
}

/** A finding without what programs say in their own words. */
const kindAndName = (line: string) => line.split(': ').slice(0, 3).join(': ')

/** What the peer does not see. */
const OURS_ALONE: Readonly<Record<string, readonly string[]>> = {
  broken: ['fsck: layer-incomplete: basic', 'fsck: image-link-missing: wh'],
}

describe('repositories of the vectors', () => {
  test.each(vectorRepositoryNames)('%s', async name => {
    const expected = expectedOf(name)
    const report = await checkOci(await vectorRepository(name), { content: name !== 'broken' })
    const found = report.findings.map(finding => kindAndName(formatOciFinding(finding)))
    const more = OURS_ALONE[name] ?? []
    const errors = (expected?.errors ?? []).map(kindAndName)
    expect(found.toSorted()).toEqual([...errors, ...more].toSorted())
    if (expected === undefined) return
    expect(report.ok).toBe(expected.ok)
    expect(report.imagesChecked).toBe(expected.images_checked)
    if (more.length === 0) expect(report.imagesCorrupted).toBe(expected.images_corrupted)
  })
})

describe('an image', () => {
  let layers: readonly Uint8Array[] = []
  beforeAll(async () => {
    layers = await twoLayers()
  })

  async function pulled(): Promise<{ repository: Repository; image: PackedImage }> {
    const image = packedImage(layers)
    const repository = await temporaryRepository()
    const platform = parsePlatform('linux/amd64')
    await pull(repository, image.reference, { tag: 'app', platform, keepBlobs: true })
    return { repository, image }
  }

  async function check(repository: Repository, options: CheckOciOptions = {}) {
    const report = await checkOci(repository, options)
    expect(report.ok).toBe(report.findings.length + report.repository.findings.length === 0)
    return report.findings.map(formatOciFinding)
  }

  test('that is good has no findings', async () => {
    const { repository } = await pulled()
    expect(await check(repository, { content: true })).toEqual([])
  })

  test.each([
    ['manifest stream', 'manifest-read-failed'],
    ['manifest', 'manifest-read-failed'],
    ['config stream', 'config-read-failed'],
    ['config', 'config-read-failed'],
  ] as const)('without the object of its %s', async (what, kind) => {
    const { repository } = await pulled()
    damage(repository, [(await documentObjects(repository, 'app'))[what]])
    const findings = await check(repository)
    expect(findings.map(kindAndName)).toEqual([`fsck: ${kind}: app`])
  })

  test('whose layer lacks objects, or all of it', async () => {
    const { repository, image } = await pulled()
    const [low] = image.diffIds
    damage(repository, await layerObjects(repository, low as string))
    expect((await check(repository)).map(kindAndName)).toEqual(['fsck: layer-incomplete: app'])
    const stream = repository.streams.resolve(layerStreamId(low as string))
    damage(repository, [stream])
    expect(await check(repository)).toEqual([
      `fsck: layer-object-missing: app: ${low}: ${stream.hex}`,
    ])
    rmSync(repository.layout.stream(layerStreamId(low as string)))
    expect(await check(repository)).toEqual([`fsck: layer-stream-missing: app: ${low}`])
  })

  test('whose EROFS image has no name', async () => {
    const { repository } = await pulled()
    const [id] = repository.images.list()
    rmSync(repository.layout.image(id?.hex ?? ''))
    expect(await check(repository)).toEqual([
      `fsck: image-link-missing: app: composefs.image.v1: ${id?.hex}`,
    ])
  })

  test('whose blobs are not kept any more', async () => {
    const { repository } = await pulled()
    const { manifest } = await openImage(repository, 'app')
    const [kept] = manifest.blobs.values()
    if (kept === undefined) throw new Error('no blob')
    damage(repository, [kept])
    expect((await check(repository)).map(kindAndName)).toEqual(['fsck: blob-missing: app'])
  })

  test('whose references are not those of its documents', async () => {
    const { repository, image } = await pulled()
    const { manifest, config } = await openImage(repository, 'app')
    const [low, high] = image.diffIds as [string, string]
    const { json, images } = config
    const without = new Map([...config.layers].filter(([id]) => id !== high))
    const lacking = await writeConfig(repository, { json, images, layers: without })
    const changed = await writeManifest(repository, { ...manifest, config: lacking })
    publish(repository, [configName(lacking), manifestName(changed)])
    expect(await check(repository)).toEqual([`fsck: layer-ref-missing: app: ${high}`])
    expect(config.layers.has(low)).toBe(true)
  })

  test('under the name of another', async () => {
    const { repository, image } = await pulled()
    const other = `sha256:${'1'.repeat(64)}`
    const stream = repository.streams.resolve(manifestStreamId(image.manifest.digest))
    repository.streams.link(manifestStreamId(other), stream)
    repository.streams.setRef('oci/other', manifestStreamId(other))
    expect(await check(repository)).toEqual([
      `fsck: manifest-digest-mismatch: other: expected ${other}, got ${image.manifest.digest}`,
    ])
    repository.streams.removeRef('oci/other')
    const path = `streams/${manifestStreamId(other)}`
    expect(await check(repository)).toEqual([
      `fsck: content-digest-mismatch: ${path}: expected ${other}, got ${image.manifest.digest}`,
    ])
  })

  test('whose layer was stored by a program that does not check', async () => {
    const { repository, image } = await pulled()
    const [low, high] = image.diffIds as [string, string]
    const { config, manifest } = await openImage(repository, 'app')
    const wrong = new Map(config.layers).set(low, config.layers.get(high) as never)
    const { json, images } = config
    const changed = await writeConfig(repository, { json, images, layers: wrong })
    const changedManifest = await writeManifest(repository, {
      ...manifest,
      config: changed,
      layers: wrong,
    })
    publish(repository, [
      { kind: 'stream', id: layerStreamId(low), digest: wrong.get(low) as never },
      configName(changed),
      manifestName(changedManifest),
    ])
    // Every object is what its name says.
    expect(await check(repository)).toEqual([])
    expect(await check(repository, { content: true })).toEqual([
      `fsck: content-digest-mismatch: app: ${low}: expected ${low}, got ${high}`,
    ])
  })

  test('whose stream says another size', async () => {
    const { repository, image } = await pulled()
    const [low] = image.diffIds as [string]
    const path = repository.layout.object(repository.streams.resolve(layerStreamId(low)))
    const bytes = readFileSync(path)
    // The size of the reproduced file in the header, splitstream.md section 2.
    const reader = await repository.streams.open(layerStreamId(low))
    const at = indexOfU64(bytes, reader.size)
    bytes.writeBigUInt64LE(BigInt(reader.size + 512), at)
    const { algorithm } = repository
    const digest = fsverityDigest(bytes, { algorithm, hashing: nodeHashing })
    repository.objects.put(bytes)
    repository.streams.link(layerStreamId(low), digest)
    const findings = await check(repository)
    const name = `streams/${layerStreamId(low)}`
    expect(findings.map(kindAndName)).toEqual([`fsck: stream-size-mismatch: ${name}`])
  })

  test('a tag alone is checked where it is asked for', async () => {
    const { repository } = await pulled()
    repository.streams.link('oci-manifest-x', repository.objects.put(Buffer.from('x')).digest)
    const path = repository.layout.streamRefs
    symlinkSync('../../oci-manifest-gone', join(path, 'oci', 'gone'))
    expect((await check(repository)).map(kindAndName)).toEqual(['fsck: manifest-read-failed: gone'])
    expect(await check(repository, { tag: 'app' })).toEqual([])
    expect(await ociCode(() => checkOci(repository, { tag: 'no' }))).toBe('ERR_OCI_NO_SUCH_IMAGE')
  })

  test('a tag that is no good link', async () => {
    const { repository } = await pulled()
    const path = repository.layout.streamRefs
    symlinkSync('elsewhere', join(path, 'oci', 'astray'))
    symlinkSync('../../oci-manifest-gone', join(path, 'oci', '@at'))
    expect((await check(repository)).map(kindAndName)).toEqual([
      'fsck: ref-resolve-failed: astray',
      'fsck: invalid-ref-name: @at',
    ])
  })

  test('names that cannot be read are a finding, and a repair touches nothing', async () => {
    for (const name of ['streams', 'streamRefs'] as const) {
      const { repository } = await pulled()
      const path = repository.layout[name]
      renameSync(path, `${repository.path}/elsewhere`)
      symlinkSync(`${repository.path}/elsewhere`, path)
      expect((await check(repository)).map(kindAndName)).toEqual([
        'fsck: ref-resolve-failed: streams',
      ])
      await repository.changeLock({ mode: 'exclusive' })
      await expect(repairRepository(repository)).rejects.toMatchObject({
        code: 'ERR_REPOSITORY_BAD_DIRECTORY',
      })
      expect(lstatSync(path).isSymbolicLink()).toBe(true)
    }
  })

  test('a document that is a hostile stream', async () => {
    const { repository, image } = await pulled()
    const writer = repository.streams.createWriter(CONTENT_TYPES.manifest)
    for (let i = 0; i < 64; i++) writer.writeInline(new Uint8Array(1 << 20))
    repository.streams.link(
      manifestStreamId(image.manifest.digest),
      await repository.streams.store(writer),
    )
    expect((await check(repository)).map(kindAndName)).toEqual(['fsck: manifest-read-failed: app'])
  })
})

/** Where a number is in the header. */
function indexOfU64(bytes: Buffer, value: number): number {
  const wanted = Buffer.alloc(8)
  wanted.writeBigUInt64LE(BigInt(value))
  const at = bytes.indexOf(wanted)
  if (at < 0) throw new Error('no such number')
  return at
}
