import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { storeLayer } from '../src/store/store-layer.ts'
import { twoLayers } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

describe('a single layer', () => {
  const diffIdOf = (tar: Uint8Array) => `sha256:${createHash('sha256').update(tar).digest('hex')}`
  async function* once(tar: Uint8Array): AsyncGenerator<Uint8Array> {
    yield tar
  }
  async function* never(): AsyncGenerator<Uint8Array> {
    yield await Promise.reject(new Error('read'))
  }

  test('is stored once, and named again without being read', async () => {
    const repository = await temporaryRepository()
    const [tar] = await twoLayers()
    const diffId = diffIdOf(tar)
    const first = await storeLayer(repository, once(tar), { diffId })
    expect(first.imported).toMatchObject({ diffId, size: tar.length, objectsNew: 1 })
    const second = await storeLayer(repository, never(), { diffId, name: 'my/layer' })
    expect(second).toEqual({ stream: first.stream, imported: undefined })
    expect(visibleNames(repository)).toEqual([
      `streams/oci-layer-${diffId}`,
      'streams/refs/my/layer',
    ])
  })

  test('that is not what it should be gets no name', async () => {
    const repository = await temporaryRepository()
    const [tar] = await twoLayers()
    const diffId = `sha256:${'0'.repeat(64)}`
    await expect(storeLayer(repository, once(tar), { diffId, name: 'x' })).rejects.toMatchObject({
      code: 'ERR_OCI_DIFF_ID_MISMATCH',
    })
    await expect(storeLayer(repository, once(tar), { diffId: '../x' })).rejects.toMatchObject({
      code: 'ERR_OCI_BAD_DIGEST',
    })
    expect(visibleNames(repository)).toEqual([])
  })
})
