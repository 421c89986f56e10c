import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { expect, test } from 'vitest'
import { findDuplicates } from '../src/duplicates.ts'
import { ObjectTable, Outline } from '../src/index.ts'

function digest(first: number): Uint8Array {
  const bytes = new Uint8Array(32)
  bytes[0] = first
  return bytes
}

test('contents of several layers, and of one layer in several places', () => {
  const objects = new ObjectTable(SHA256)
  const large = objects.intern(digest(1), 1000)
  const small = objects.intern(digest(2), 70)
  const single = objects.intern(digest(3), 5000)
  const layers = [new Outline(SHA256), new Outline(SHA256)] as const
  const add = (layer: number, path: string, object: number) => {
    const outline = layers[layer] as Outline
    outline.addFile(outline.at(encodeUtf8(path)), objects.bytes(object), object)
  }
  add(0, '/a', large)
  add(1, '/b', large)
  for (const name of ['x', 'y', 'z']) add(1, `/d/${name}`, small)
  add(1, '/once', single)

  const sources = layers.map((outline, layer) => ({ layer, outline }))
  const { rows, total, repeatedBytes } = findDuplicates(sources, objects, 10)
  const shown = rows.map(({ places, ...row }) => ({
    ...row,
    places: places.map(({ layer, path }) => `${layer} ${showUtf8(path)}`),
  }))
  expect({ shown, total, repeatedBytes }).toEqual({
    shown: [
      {
        object: `01${'00'.repeat(31)}`,
        bytes: 1000,
        copies: 2,
        layers: 2,
        repeatedBytes: 1000,
        places: ['0 /a', '1 /b'],
      },
      {
        object: `02${'00'.repeat(31)}`,
        bytes: 70,
        copies: 3,
        layers: 1,
        repeatedBytes: 140,
        places: ['1 /d/x', '1 /d/y', '1 /d/z'],
      },
    ],
    total: 2,
    repeatedBytes: 1140,
  })
  expect(findDuplicates(sources, objects, 1)).toMatchObject({ total: 2, repeatedBytes: 1140 })
})
