import { encodeUtf8 } from '@composefs/bytes'
import { publish } from '@composefs/repository'
import { describe, expect, test } from 'vitest'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { openImage, openImageConfig } from '../src/store/open-image.ts'
import { resolveReference } from '../src/store/resolve-reference.ts'
import { manifestStreamId } from '../src/store/stream-names.ts'
import { setTag } from '../src/store/tags.ts'
import { ABSENT, storeImage } from './bare-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

describe('a reference', () => {
  test('is a tag, a digest, or both', async () => {
    const repository = await temporaryRepository()
    const image = await storeImage(repository, 'x', { tag: 'app@v1:2' })
    const manifest = image.manifest.digest
    const config = image.config.digest
    const tagged = { kind: 'manifest', digest: manifest, tag: 'app@v1:2' }
    const untagged = { kind: 'manifest', digest: manifest }
    const hex = manifest.slice('sha256:'.length)
    const table: [string, object][] = [
      ['app@v1:2', tagged],
      [`app@v1:2@${manifest}`, tagged],
      [`app@v1:2@${config}`, tagged],
      [`app@v1:2@${manifest.slice(0, 19)}`, tagged],
      [manifest, untagged],
      [`@${manifest}`, untagged],
      [hex, untagged],
      [`@${hex}`, untagged],
      [hex.slice(0, 12), untagged],
      [`@${hex.slice(0, 12)}`, untagged],
      [`sha256:${hex.slice(0, 12)}`, untagged],
      [`@sha256:${hex.slice(0, 63)}`, untagged],
      [config, { kind: 'config', digest: config }],
      [config.slice(0, 30), { kind: 'config', digest: config }],
    ]
    for (const [text, expected] of table) {
      expect(await resolveReference(repository, text), text).toEqual(expected)
    }
  })

  test('that is a tag is one, whatever it looks like', async () => {
    const repository = await temporaryRepository()
    const { manifest } = await storeImage(repository, 'x', { tag: ABSENT })
    setTag(repository, '0123456789ab', manifest.digest)
    for (const tag of [ABSENT, '0123456789ab']) {
      const expected = { kind: 'manifest', digest: manifest.digest, tag }
      expect(await resolveReference(repository, tag)).toEqual(expected)
    }
    await expect(resolveReference(repository, `@${ABSENT}`)).rejects.toMatchObject({
      code: 'ERR_OCI_NO_SUCH_IMAGE',
    })
  })

  test('that fits nothing says so', async () => {
    const repository = await temporaryRepository()
    const { manifest } = await storeImage(repository, 'x', { tag: 'app:1.0' })
    const other = await storeImage(repository, 'y')
    const table: [string, string][] = [
      ['', 'ERR_OCI_NO_SUCH_IMAGE'],
      ['app:1.1', 'ERR_OCI_NO_SUCH_IMAGE'],
      [manifest.digest.slice(7, 18), 'ERR_OCI_NO_SUCH_IMAGE'],
      ['0'.repeat(12), 'ERR_OCI_NO_SUCH_IMAGE'],
      [ABSENT, 'ERR_OCI_NO_SUCH_IMAGE'],
      [`nothing@${manifest.digest}`, 'ERR_OCI_NO_SUCH_IMAGE'],
      [`app:1.0@${ABSENT}`, 'ERR_OCI_NO_SUCH_IMAGE'],
      [`app:1.0@${other.manifest.digest}`, 'ERR_OCI_REFERENCE_MISMATCH'],
      [`app:1.0@${other.config.digest}`, 'ERR_OCI_REFERENCE_MISMATCH'],
      ['@', 'ERR_OCI_BAD_DIGEST'],
      ['@app:1.0', 'ERR_OCI_BAD_DIGEST'],
      ['@sha256:xyz', 'ERR_OCI_BAD_DIGEST'],
      ['sha256:', 'ERR_OCI_BAD_DIGEST'],
      [`@${manifest.digest.toUpperCase()}`, 'ERR_OCI_BAD_DIGEST'],
      [`@sha512:${'0'.repeat(128)}`, 'ERR_OCI_UNSUPPORTED_DIGEST'],
    ]
    for (const [text, code] of table) {
      await expect(resolveReference(repository, text), text).rejects.toMatchObject({ code })
    }
    await expect(resolveReference(repository, 'app:1.1')).rejects.toMatchObject({
      facts: { choices: ['app:1.0'] },
    })
  })

  test('that is short for several is refused', async () => {
    const repository = await temporaryRepository()
    const { manifest } = await storeImage(repository, 'x')
    const prefix = manifest.digest.slice(0, 19)
    const twin = prefix.padEnd(71, '0')
    repository.streams.link(manifestStreamId(twin), manifest.stream)
    await expect(resolveReference(repository, prefix)).rejects.toMatchObject({
      code: 'ERR_OCI_AMBIGUOUS_REFERENCE',
      facts: { choices: [manifest.digest, twin].sort() },
    })
  })

  test('to a config is its manifest, if it has one', async () => {
    const repository = await temporaryRepository()
    const first = await storeImage(repository, 'first', { configSalt: 'same' })
    const { config } = first
    expect((await openImage(repository, config.digest)).manifest.digest).toBe(first.manifest.digest)
    const second = await storeImage(repository, 'second', { configSalt: 'same' })
    await expect(openImage(repository, config.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_AMBIGUOUS_REFERENCE',
      facts: { choices: [first.manifest.digest, second.manifest.digest].sort() },
    })
    const lone = await writeConfig(repository, {
      json: encodeUtf8('{"rootfs":{"diff_ids":[]}}'),
      layers: new Map(),
      images: new Map(),
    })
    publish(repository, [configName(lone)])
    await expect(openImage(repository, lone.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_NO_SUCH_IMAGE',
    })
    expect((await openImageConfig(repository, lone.digest)).trust).toBe('digest')
    expect((await openImageConfig(repository, lone.digest, lone.stream)).trust).toBe('verity')
  })

  test('to an artifact is no image', async () => {
    const repository = await temporaryRepository()
    await storeImage(repository, 'x', { tag: 'a', mediaType: 'application/vnd.example' })
    expect(await openImage(repository, 'a')).not.toHaveProperty('image')
    await expect(openImageConfig(repository, 'a')).rejects.toMatchObject({
      code: 'ERR_OCI_NOT_AN_IMAGE',
    })
  })
})
