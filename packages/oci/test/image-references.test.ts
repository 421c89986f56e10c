import { Digest, SHA256 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import {
  bootImage,
  type ImageVariant,
  imageReferenceKey,
  imageReferencesOf,
  linkedImages,
  plainImage,
  sortImageReferences,
} from '../src/store/image-references.ts'

const digestOf = (byte: number): Digest => new Digest(SHA256, new Uint8Array(32).fill(byte))

// These keys are in repositories.
const KEYS: readonly (readonly [string, ImageVariant])[] = [
  ['composefs.image', { bootable: false, format: 2, xattrs: 'allowlist-only' }],
  ['composefs.image.v1', { bootable: false, format: 1, xattrs: 'allowlist-only' }],
  ['composefs.image.boot', { bootable: true, format: 2, xattrs: 'allowlist-only' }],
  ['composefs.image.boot.v1', { bootable: true, format: 1, xattrs: 'allowlist-only' }],
  [
    'composefs.image.boot.xattrs=keep-user-xattrs',
    { bootable: true, format: 2, xattrs: 'keep-user-xattrs' },
  ],
  [
    'composefs.image.boot.v1.xattrs=keep-user-xattrs',
    { bootable: true, format: 1, xattrs: 'keep-user-xattrs' },
  ],
]

describe('references to images', () => {
  test.each(KEYS)('%s', (key, variant) => {
    expect(imageReferenceKey(variant)).toBe(key)
    expect(linkedImages(new Map([[key, digestOf(1)]]))).toEqual([
      { digest: digestOf(1), ...variant },
    ])
  })

  test('a plain image with another filter has no key', () => {
    const variant = { bootable: false, format: 1, xattrs: 'keep-user-xattrs' } as const
    expect(() => imageReferenceKey(variant)).toThrow(RangeError)
  })

  test('stand apart from layers, those of later versions too', () => {
    const named = new Map([
      [`sha256:${'0'.repeat(64)}`, digestOf(1)],
      ['composefs.image.v1', digestOf(2)],
      ['composefs.image.v7', digestOf(3)],
    ])
    expect([...imageReferencesOf(named).keys()]).toEqual([
      'composefs.image.v1',
      'composefs.image.v7',
    ])
  })

  test('are written V2 first, unknown ones last', () => {
    const keys = ['composefs.image.zzz', 'composefs.image.a', ...KEYS.map(([key]) => key)]
    const references = new Map(keys.toReversed().map((key, i) => [key, digestOf(i)]))
    expect(sortImageReferences(references).map(([key]) => key)).toEqual([
      ...KEYS.map(([key]) => key),
      'composefs.image.a',
      'composefs.image.zzz',
    ])
  })

  test('are of one format: there is no falling back', () => {
    const references = new Map([
      ['composefs.image', digestOf(1)],
      ['composefs.image.boot.v1.xattrs=keep-user-xattrs', digestOf(2)],
    ])
    expect(plainImage(references, 2)).toEqual(digestOf(1))
    expect(plainImage(references, 1)).toBeUndefined()
    expect(bootImage(references, 1)).toEqual(digestOf(2))
    expect(bootImage(references, 0)).toEqual(digestOf(2))
    expect(bootImage(references, 2)).toBeUndefined()
  })

  test('prefer the boot image with the default filter', () => {
    const references = new Map([
      ['composefs.image.boot.xattrs=keep-user-xattrs', digestOf(1)],
      ['composefs.image.boot', digestOf(2)],
    ])
    expect(bootImage(references, 2)).toEqual(digestOf(2))
  })
})
