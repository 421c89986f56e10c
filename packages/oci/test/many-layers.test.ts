import { nodeHashing } from '@composefs/fsverity/node'
import { createEngine } from '@composefs/linux/engine'
import { buildTar } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import { distantSource } from './distant-source.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

test('a hundred layers come at once, far more than there are slots', async () => {
  const tars = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      buildTar([{ name: `file-${i}`, content: `${i} `.repeat(100) }]),
    ),
  )
  const { layout, digests } = packedImage(tars)
  const behaviours = new Map(digests.map(digest => [digest, { turns: 20 }]))
  const source = await distantSource(layout, behaviours)
  const repository = await temporaryRepository(createEngine({ fallback: nodeHashing }))
  const { layers } = await pull(repository, source, { tag: 'app', jobs: 100 })
  expect(layers.map(({ status }) => status)).toEqual(layers.map(() => 'fetched'))
  expect(source.counts.most).toBeGreaterThan(64)
})
