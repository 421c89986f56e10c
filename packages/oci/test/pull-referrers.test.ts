import { createHash } from 'node:crypto'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Descriptor } from '../src/document/descriptor.ts'
import type { Progress } from '../src/progress.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { describeReferrers } from '../src/store/describe-referrers.ts'
import { openImage } from '../src/store/open-image.ts'
import { listReferrers } from '../src/store/referrers.ts'
import { listTags } from '../src/store/tags.ts'
import { distantSource } from './distant-source.ts'
import type { LayoutBuilder, TestDescriptor } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const OPTIONS: PullOptions = { tag: 'app', referrers: true }

let tar: Uint8Array
beforeAll(async () => {
  tar = await buildTar([{ name: 'usr', type: 'directory' }])
})

/** An artifact about a subject; the text makes it different from others. */
function artifact(layout: LayoutBuilder, subject: TestDescriptor, text: string): TestDescriptor {
  const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json')
  const blob = layout.blob(text, 'text/plain')
  return layout.manifest(config, [blob], {}, { subject, artifactType: 'a/signature' })
}

/** An image, and a source that tells what refers to what. */
async function referredTo(
  describe: (layout: LayoutBuilder, image: TestDescriptor) => readonly TestDescriptor[][],
) {
  const { layout, manifest } = packedImage([tar])
  const lists = new Map<string, readonly Descriptor[]>()
  for (const [subject, ...referrers] of describe(layout, manifest)) {
    if (subject !== undefined) lists.set(subject.digest, referrers.map(asDescriptor))
  }
  const asked: string[] = []
  const source = await distantSource(layout, new Map(), {
    referrers: digest => {
      asked.push(digest)
      return Promise.resolve(lists.get(digest) ?? [])
    },
  })
  return { layout, manifest, source, asked }
}

function asDescriptor({ mediaType, digest, size }: TestDescriptor): Descriptor {
  return { mediaType, digest, size, urls: [], annotations: new Map() }
}

/** Collects what a person is told. */
function notices() {
  const told: string[] = []
  const onNotice = ({ level, message }: { level: string; message: string }) =>
    void told.push(`${level}: ${message}`)
  return { told, onNotice }
}

describe('what refers to an image', () => {
  test('is pulled with it, and what refers to that', async () => {
    let digests: string[] = []
    const { manifest, source } = await referredTo((layout, image) => {
      const signature = artifact(layout, image, 'signature')
      const bill = artifact(layout, image, 'bill of materials')
      const signed = artifact(layout, bill, 'signature of the bill')
      digests = [signature.digest, bill.digest, signed.digest]
      return [
        [image, signature, bill],
        [bill, signed],
      ]
    })
    const repository = await temporaryRepository()
    const frames: Progress[] = []
    const result = await pull(repository, source, {
      ...OPTIONS,
      onProgress: frame => frames.push(frame),
    })
    const [signature = '', bill = '', signed = ''] = digests
    expect(result.referrers).toEqual(
      [
        [signature, manifest.digest],
        [bill, manifest.digest],
        [signed, bill],
      ].map(([manifestDigest, subject]) => ({
        manifestDigest,
        subject,
        artifactType: 'a/signature',
        status: 'fetched',
      })),
    )
    expect(listReferrers(repository, manifest.digest)).toEqual([signature, bill].toSorted())
    expect(listReferrers(repository, bill)).toEqual([signed])
    expect(listTags(repository).map(({ name }) => name)).toEqual(['app'])
    const stored = await openImage(repository, `@${signed}`)
    expect(stored.manifest.isContainer).toBe(false)
    // The total is that of the image, and never starts again.
    expect(frames.filter(frame => frame.kind === 'started' && frame.id === 'total')).toHaveLength(1)

    const described = await describeReferrers(repository, manifest.digest)
    expect(described.map(({ digest, subject }) => [digest, subject])).toEqual([
      ...[signature, bill].toSorted().map(digest => [digest, manifest.digest]),
      [signed, bill],
    ])
    expect(described[0]).toMatchObject({
      artifactType: 'a/signature',
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      layers: [{ mediaType: 'text/plain' }],
    })
    expect(described[0]?.size).toBeGreaterThan(100)

    const again = await pull(repository, source, OPTIONS)
    expect(again.referrers.map(({ status }) => status)).toEqual(['present', 'present', 'present'])
    expect(again.statistics.bytesFetched).toBe(0)
  })

  test('is left alone unless it is asked for', async () => {
    const { source, asked } = await referredTo((layout, image) => [
      [image, artifact(layout, image, 'x')],
    ])
    const repository = await temporaryRepository()
    for (const options of [{ tag: 'app' }, { ...OPTIONS, dryRun: true }]) {
      expect((await pull(repository, source, options)).referrers).toEqual([])
    }
    expect(asked).toEqual([])
  })

  test('is left out with a warning where it is not what was said', async () => {
    const { source } = await referredTo((layout, image) => {
      const other = artifact(layout, artifact(layout, image, 'other'), 'of the other')
      const config = layout.json(
        { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [] } },
        'application/vnd.oci.image.config.v1+json',
      )
      const container = layout.manifest(config, [], {}, { subject: image })
      const index = layout.index([])
      return [[image, other, container, index]]
    })
    const { told, onNotice } = notices()
    const result = await pull(await temporaryRepository(), source, { ...OPTIONS, onNotice })
    expect(result.referrers).toEqual([])
    expect(told).toEqual([
      expect.stringMatching(/^warning: sha256:.* is left out: its subject is sha256:/),
      expect.stringMatching(/^warning: sha256:.* is left out: it is a container image/),
      expect.stringMatching(/^warning: sha256:.* is left out: its type is .*index/),
    ])
  })

  test('is looked at once, however often it is listed', async () => {
    const { source, asked } = await referredTo((layout, image) => {
      const signature = artifact(layout, image, 'x')
      // A cycle can only be claimed: digests make none.
      return [
        [image, signature, signature, image],
        [signature, image, signature],
      ]
    })
    const { referrers } = await pull(await temporaryRepository(), source, OPTIONS)
    expect(referrers).toHaveLength(1)
    expect(asked).toHaveLength(2)
  })

  test('has an end: chains are followed to the third link', async () => {
    const { source, asked } = await referredTo((layout, image) => {
      const chain = [image]
      for (let i = 0; i < 5; i++) chain.push(artifact(layout, chain[i] ?? image, `link ${i}`))
      return chain.slice(0, -1).map((subject, i) => [subject, chain[i + 1] ?? image])
    })
    const { referrers } = await pull(await temporaryRepository(), source, OPTIONS)
    expect(referrers).toHaveLength(3)
    expect(asked).toHaveLength(3)
  })

  test('has a limit of 256', async () => {
    const { source } = await referredTo((layout, image) => [
      [image, ...Array.from({ length: 258 }, (_, i) => artifact(layout, image, `number ${i}`))],
    ])
    const { told, onNotice } = notices()
    const result = await pull(await temporaryRepository(), source, { ...OPTIONS, onNotice })
    expect(result.referrers).toHaveLength(256)
    expect(told).toEqual([expect.stringContaining('more than 256')])
  })

  test('fails the pull where it cannot be had, and the image stays', async () => {
    const repository = await temporaryRepository()
    const { source, manifest } = await referredTo((layout, image) => {
      const missing = `sha256:${createHash('sha256').update('gone').digest('hex')}`
      const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json')
      const blob = { mediaType: 'text/plain', digest: missing, size: 4 }
      return [[image, layout.manifest(config, [blob], {}, { subject: image })]]
    })
    const { told, onNotice } = notices()
    await expect(pull(repository, source, { ...OPTIONS, onNotice })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_MISSING_BLOB' }),
    )
    expect(told).toContain('notice: the image is stored, not all that refers to it')
    expect((await openImage(repository, 'app')).manifest.digest).toBe(manifest.digest)
    expect(visibleNames(repository).some(name => name.includes('referrers'))).toBe(false)
  })

  test('is unknown to some sources, which is said', async () => {
    const image = packedImage([tar])
    const { told, onNotice } = notices()
    const platform = { os: 'linux', architecture: 'amd64' }
    const { referrers } = await pull(await temporaryRepository(), image.reference, {
      ...OPTIONS,
      platform,
      onNotice,
    })
    expect(referrers).toEqual([])
    expect(told).toEqual([expect.stringContaining('cannot tell what refers to an image')])
  })
})
