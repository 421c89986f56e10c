import { linuxSystem } from '@composefs/linux'
import { openRepository, type Repository } from '@composefs/repository'
import { describe, expect, test } from 'vitest'
import { setSealLabel } from '../src/seal/label.ts'
import { mountableImage, sealedImage } from '../src/seal/mountable-image.ts'
import { openConfig, writeConfig } from '../src/store/config-stream.ts'
import type { ImageReferences } from '../src/store/image-references.ts'
import { openImageConfig, readImageConfig } from '../src/store/open-image.ts'
import { idOf, pullImage } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { vectorRepository } from './vector-repository.ts'

describe('the image to mount', () => {
  /** The config of the image, with other references and label, opened again. */
  async function relabelled(
    repository: Repository,
    options: { label?: string; images?: ImageReferences },
  ) {
    const source = await openImageConfig(repository, 'app')
    const { label, images = source.images } = options
    const json = label === undefined ? source.json : setSealLabel(source.json, label)
    const stored = await writeConfig(repository, { json, layers: source.layers, images })
    return readImageConfig(await openConfig(repository, stored.digest, stored.stream))
  }

  const NONE: ImageReferences = new Map()

  test('is the one that is linked', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const v1 = await idOf(repository, 'app', 1)
    const v2 = await idOf(repository, 'app', 2)
    for (const label of [undefined, v1, v2]) {
      const config = await relabelled(repository, label === undefined ? {} : { label })
      const { digest, ...rest } = await mountableImage(repository, config)
      expect([digest.hex, rest]).toEqual([v1, { by: 'reference' }])
    }
    const foreign = await relabelled(repository, { label: 'ab'.repeat(64) })
    const { digest, by, notice } = await mountableImage(repository, foreign)
    expect([digest.hex, by]).toEqual([v1, 'reference'])
    expect(notice).toContain('sha512')
  })

  test.each(['0'.repeat(64), 'nothing', '', 'AB'.repeat(32), `sha256:${'0'.repeat(64)}`])(
    'is none when the label is %j',
    async label => {
      const repository = await temporaryRepository()
      await pullImage(repository)
      await expect(
        mountableImage(repository, await relabelled(repository, { label })),
      ).rejects.toMatchObject({ code: 'ERR_OCI_SEAL_MISMATCH' })
      await expect(
        mountableImage(repository, await relabelled(repository, { label, images: NONE })),
      ).rejects.toMatchObject({ code: 'ERR_OCI_SEALED_IMAGE_MISSING' })
    },
  )

  test('is the one of the label when none is linked', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const label = await idOf(repository, 'app', 1)
    const { digest, by } = await mountableImage(
      repository,
      await relabelled(repository, { label, images: NONE }),
    )
    expect([digest.hex, by]).toEqual([label, 'label'])
    await expect(
      mountableImage(repository, await relabelled(repository, { images: NONE })),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_EROFS_IMAGE' })
  })

  test('is of the default format alone', async () => {
    const source = await temporaryRepository()
    await pullImage(source)
    const repository = await openRepository(source.path, { system: linuxSystem, erofsVersion: 2 })
    await expect(
      mountableImage(repository, await openImageConfig(repository, 'app')),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_EROFS_IMAGE' })
    await repository.close()
  })

  test('of the vectors', async () => {
    const repository = await vectorRepository('sealed')
    const good = await openImageConfig(repository, 'good')
    expect(await mountableImage(repository, good)).toEqual({
      digest: sealedImage(repository, good),
      by: 'reference',
    })
    const bad = await openImageConfig(repository, 'bad')
    await expect(mountableImage(repository, bad)).rejects.toMatchObject({
      code: 'ERR_OCI_SEAL_MISMATCH',
    })
  })

  test('as a boot variant has nothing to do with the label', async () => {
    const repository = await vectorRepository('sha256-dual')
    const bootable = true
    const { digest } = await mountableImage(repository, await openImageConfig(repository, 'bp'), {
      bootable,
    })
    expect(digest.hex).toBe('dcc5a523fe4c69c0fcd225388c5b93863c4468269a3ecaec51df0a1eccb37034')
    await expect(
      mountableImage(repository, await openImageConfig(repository, 'basic'), { bootable }),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_BOOT_IMAGE' })
  })
})
