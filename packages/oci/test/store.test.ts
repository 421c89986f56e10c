import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { describe, expect, test } from 'vitest'
import { sha256Digest } from '../src/document/oci-digest.ts'
import { configName, openConfig, writeConfig } from '../src/store/config-stream.ts'
import { manifestName, openManifest, writeManifest } from '../src/store/manifest-stream.ts'
import { openImageConfig } from '../src/store/open-image.ts'
import { addReferrer, cleanReferrers, listReferrers } from '../src/store/referrers.ts'
import { configStreamId, manifestStreamId } from '../src/store/stream-names.ts'
import { listTags, readTag, removeTag, setTag } from '../src/store/tags.ts'
import { ABSENT, storeImage } from './bare-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

describe('streams', () => {
  test('keep the bytes as they come, and references in their order', async () => {
    const repository = await temporaryRepository()
    const stream = repository.objects.put(encodeUtf8('a stream')).digest
    const image = repository.objects.put(encodeUtf8('an image')).digest
    const other = repository.objects.put(encodeUtf8('another stream')).digest
    const json = encodeUtf8(' {"z":1.0, "a":{}}\n')
    const config = await writeConfig(repository, {
      json,
      layers: new Map([
        ['sha256:b', other],
        ['sha256:a', stream],
      ]),
      images: new Map([
        ['composefs.image.v1', image],
        ['composefs.image', stream],
      ]),
    })
    expect(config.digest).toBe(sha256Digest(json))
    const reader = await repository.streams.open(config.stream)
    expect(reader).toMatchObject({ contentType: CONTENT_TYPES.config, size: json.length })
    expect([...reader.streamReferences]).toEqual([other, stream, image])
    const opened = await openConfig(repository, config.digest, config.stream)
    expect(opened.json).toEqual(json)
    expect([...opened.layers.keys()].sort()).toEqual(['sha256:a', 'sha256:b'])
    expect([...opened.images.keys()].sort()).toEqual(['composefs.image', 'composefs.image.v1'])
  })

  test('have no name until they are published', async () => {
    const repository = await temporaryRepository()
    const config = await writeConfig(repository, {
      json: encodeUtf8('{}'),
      layers: new Map(),
      images: new Map(),
    })
    expect([...repository.streams.list()]).toEqual([])
    await expect(openConfig(repository, config.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_NO_SUCH_IMAGE',
    })
    await expect(openConfig(repository, ABSENT, digestOfNothing())).rejects.toMatchObject({
      code: 'ERR_OCI_NO_SUCH_IMAGE',
    })
  })

  test('under the name of other bytes are refused, unless their stream is what is asked for', async () => {
    const repository = await temporaryRepository()
    const { config, manifest } = await storeImage(repository, 'x')
    repository.streams.link(configStreamId(ABSENT), config.stream)
    repository.streams.link(manifestStreamId(ABSENT), manifest.stream)
    const code = 'ERR_OCI_DIGEST_MISMATCH'
    await expect(openConfig(repository, ABSENT)).rejects.toMatchObject({ code })
    await expect(openManifest(repository, ABSENT)).rejects.toMatchObject({ code })
    expect((await openConfig(repository, ABSENT, config.stream)).trust).toBe('verity')
    expect((await openManifest(repository, ABSENT, { trusted: true })).config).toEqual(config)
  })

  test.each([
    [
      'two objects',
      (repository: Repository) => {
        const [a, b] = ['a', 'b'].map(text => repository.objects.put(encodeUtf8(text)).digest)
        const writer = repository.streams.createWriter(CONTENT_TYPES.config)
        if (a !== undefined) writer.writeExternal(a, 1)
        if (b !== undefined) writer.writeExternal(b, 1)
        return writer
      },
      'ERR_OCI_BAD_DOCUMENT_STREAM',
    ],
    [
      'an object and inline bytes',
      (repository: Repository) => {
        const { digest } = repository.objects.put(encodeUtf8('a'))
        const writer = repository.streams.createWriter(CONTENT_TYPES.config)
        writer.writeExternal(digest, 1)
        writer.writeInline(encodeUtf8('b'))
        return writer
      },
      'ERR_OCI_BAD_DOCUMENT_STREAM',
    ],
    [
      'one object twice',
      (repository: Repository) => {
        const { digest } = repository.objects.put(encodeUtf8('a'))
        const writer = repository.streams.createWriter(CONTENT_TYPES.config)
        writer.writeExternal(digest, 1)
        writer.writeExternal(digest, 1)
        return writer
      },
      'ERR_OCI_BAD_DOCUMENT_STREAM',
    ],
    [
      'an object of another size',
      (repository: Repository) => {
        const { digest } = repository.objects.put(encodeUtf8('a'))
        const writer = repository.streams.createWriter(CONTENT_TYPES.config)
        writer.writeExternal(digest, 2)
        return writer
      },
      'ERR_OCI_BAD_DOCUMENT_STREAM',
    ],
    [
      'a size beyond the largest document',
      (repository: Repository) => {
        const writer = repository.streams.createWriter(CONTENT_TYPES.config)
        writer.writeExternal(digestOfNothing(), 2 ** 40)
        return writer
      },
      'ERR_OCI_BAD_JSON',
    ],
    [
      'another content type',
      (repository: Repository) => repository.streams.createWriter(CONTENT_TYPES.manifest),
      'ERR_SPLITSTREAM_WRONG_CONTENT_TYPE',
    ],
  ])('of %s are no document', async (_, write, code) => {
    const repository = await temporaryRepository()
    const stream = await repository.streams.store(write(repository))
    await expect(openConfig(repository, ABSENT, stream)).rejects.toMatchObject({ code })
  })

  test('without the references they need are refused', async () => {
    const repository = await temporaryRepository()
    const { config } = await storeImage(repository, 'x')
    const json = encodeUtf8(`{"rootfs":{"diff_ids":["${ABSENT}"]}}`)
    const lacking = await writeConfig(repository, { json, layers: new Map(), images: new Map() })
    publish(repository, [configName(lacking)])
    await expect(openImageConfig(repository, lacking.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_MISSING_REFERENCE',
      facts: { layer: 1, diffId: ABSENT },
    })
    const descriptor = { mediaType: 'm', digest: lacking.digest, size: 1 }
    const manifest = await writeManifest(repository, {
      json: encodeUtf8(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] })),
      config,
      layers: new Map(),
    })
    publish(repository, [manifestName(manifest)])
    await expect(openManifest(repository, manifest.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_MISSING_REFERENCE',
    })
  })
})

function digestOfNothing(): Digest {
  return new Digest(SHA256, new Uint8Array(32))
}

describe('tags', () => {
  test('are set, moved and removed', async () => {
    const repository = await temporaryRepository()
    const first = await storeImage(repository, 'first')
    const second = await storeImage(repository, 'second')
    setTag(repository, 'b/%', first.manifest.digest)
    setTag(repository, 'a', first.manifest.digest)
    expect(listTags(repository)).toEqual([
      { name: 'a', manifest: first.manifest.digest },
      { name: 'b/%', manifest: first.manifest.digest },
    ])
    setTag(repository, 'b/%', second.manifest.digest)
    expect(readTag(repository, 'b/%')).toBe(second.manifest.digest)
    expect(removeTag(repository, 'b/%')).toBe(true)
    expect(removeTag(repository, 'b/%')).toBe(false)
    expect(readTag(repository, 'b/%')).toBeUndefined()
    expect(readTag(repository, '@b')).toBeUndefined()
  })

  test('are for manifests that are there', async () => {
    const repository = await temporaryRepository()
    expect(() => setTag(repository, 'a', ABSENT)).toThrow(
      expect.objectContaining({ code: 'ERR_REPOSITORY_STREAM_NOT_FOUND' }),
    )
  })

  test('are listed past one that is broken, which is told', async () => {
    const repository = await temporaryRepository()
    const { manifest } = await storeImage(repository, 'x')
    setTag(repository, 'good', manifest.digest)
    symlinkSync('loop', join(repository.path, 'streams/refs/oci/loop'))
    const broken: string[] = []
    const tags = listTags(repository, name => broken.push(name))
    expect(tags).toEqual([{ name: 'good', manifest: manifest.digest }])
    expect(broken).toEqual(['loop'])
    expect(listTags(repository)).toHaveLength(1)
  })

  test('are not what other refs in their directory are', async () => {
    const repository = await temporaryRepository()
    const { config, manifest } = await storeImage(repository, 'x')
    repository.streams.setRef('oci/config', configStreamId(config.digest))
    repository.streams.setRef('oci/deep/er', manifestStreamId(manifest.digest))
    expect(listTags(repository)).toEqual([])
    expect(readTag(repository, 'config')).toBeUndefined()
  })
})

describe('referrers', () => {
  test('count when their manifest is there, and can be cleaned', async () => {
    const repository = await temporaryRepository()
    const subject = await storeImage(repository, 'subject')
    const other = await storeImage(repository, 'other')
    const artifact = await storeImage(repository, 'artifact', { mediaType: 'm' })
    addReferrer(repository, subject.manifest.digest, artifact.manifest.digest)
    addReferrer(repository, subject.manifest.digest, other.manifest.digest)
    addReferrer(repository, ABSENT, artifact.manifest.digest)
    expect(listReferrers(repository, subject.manifest.digest)).toEqual(
      [artifact.manifest.digest, other.manifest.digest].sort(),
    )
    expect(listReferrers(repository, ABSENT)).toEqual([artifact.manifest.digest])
    expect(cleanReferrers(repository)).toBe(1)
    expect(listReferrers(repository, ABSENT)).toEqual([])
    expect(listReferrers(repository, subject.manifest.digest)).toHaveLength(2)
  })

  test('a link to another manifest than its name does not count', async () => {
    const repository = await temporaryRepository()
    const subject = (await storeImage(repository, 'subject')).manifest.digest
    const artifact = (await storeImage(repository, 'artifact')).manifest.digest
    repository.streams.setRef(`oci-referrers/${subject}/${ABSENT}`, manifestStreamId(artifact))
    expect(listReferrers(repository, subject)).toEqual([])
  })

  test.each(['..', 'sha256:../../x', '', ABSENT.toUpperCase()])('of %j are refused', async text => {
    const repository = await temporaryRepository()
    const code = 'ERR_OCI_BAD_DIGEST'
    expect(() => listReferrers(repository, text)).toThrow(expect.objectContaining({ code }))
    expect(() => addReferrer(repository, text, ABSENT)).toThrow(expect.objectContaining({ code }))
    expect(() => addReferrer(repository, ABSENT, text)).toThrow(expect.objectContaining({ code }))
  })
})
