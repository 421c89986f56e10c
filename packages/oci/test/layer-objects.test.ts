import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { createMemoryObjectStore } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'
import { importLayer } from '../src/layer/import-layer.ts'
import { layerEntries } from '../src/layer/layer-entries.ts'
import { createLayerObjects } from '../src/store/layer-objects.ts'

async function* chunksOf(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.slice(at, at + 700)
}

test.each([SHA256, SHA512])('a layer in memory comes back bit for bit: $name', async algorithm => {
  const tar = await buildTar([
    { name: 'usr', type: 'directory' },
    { name: 'usr/small', content: 'small' },
    { name: 'usr/large', content: 'large '.repeat(1000) },
  ])
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`
  const objects = createMemoryObjectStore(algorithm)
  const layers = createLayerObjects(objects)
  const options = { repository: layers, expected: { diffId } }
  const { stream, objectsNew } = await importLayer(chunksOf(gzipSync(tar)), options)
  expect(objectsNew).toBe(1)

  const reader = await layers.openLayer(stream)
  const pieces: Uint8Array[] = []
  for await (const piece of reader.cat(id => objects.chunks(id))) pieces.push(piece)
  expect(Buffer.concat(pieces).equals(tar)).toBe(true)
  const kinds: string[] = []
  for await (const { kind } of layerEntries(await layers.openLayer(stream))) kinds.push(kind)
  expect(kinds).toEqual(['directory', 'regular', 'regular'])
  expect((await importLayer(chunksOf(tar), options)).stream.hex).toBe(stream.hex)
})

test('what is no stream of a layer is refused', async () => {
  const objects = createMemoryObjectStore(SHA256)
  const { digest } = objects.put(new Uint8Array(100))
  await expect(createLayerObjects(objects).openLayer(digest)).rejects.toThrow(
    expect.objectContaining({ name: 'SplitstreamError' }),
  )
})
