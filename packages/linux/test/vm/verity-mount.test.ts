import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linuxSystem, mountAt, mountComposefs, unmountComposefs } from '../../src/index.ts'
import { isKernel, overlayForms, whyNoMounts, whyNoVerity } from '../ability.ts'
import {
  EXTERNAL,
  INLINE,
  makeSample,
  removeSample,
  type Sample,
  writeObject,
} from '../sample-image.ts'

const why = whyNoVerity() ?? whyNoMounts()
const hasOverlayVerity = isKernel(6, 6)
const forms = overlayForms().filter(form => form !== 'D')

let sample: Sample

function seal(path: string, algorithm = SHA256): void {
  const file = openSync(path, 'r')
  expect(linuxSystem.enableVerity(file, algorithm)).toBe('enabled')
  closeSync(file)
}

/** Puts another file in the place of the object: one with fs-verity cannot be changed. */
function replaceObject(content: Uint8Array): string {
  rmSync(join(sample.objects, sample.digest.objectPath))
  return writeObject(sample.objects, sample.digest, content)
}

function mount(verity: 'off' | 'require' | 'try', form?: 'A' | 'B' | 'C' | 'D') {
  const { image: path, objects, target } = sample
  const image = openSync(path, 'r')
  try {
    return mountComposefs({ image, objects: [objects], target, name: 'vm', verity, form })
  } finally {
    closeSync(image)
  }
}

function readLarge(): Uint8Array {
  return new Uint8Array(readFileSync(join(sample.target, 'usr/large')))
}

describe.skipIf(why !== undefined)(`mounts over fs-verity${why ? ` (${why})` : ''}`, () => {
  beforeEach(() => {
    sample = makeSample()
    seal(join(sample.objects, sample.digest.objectPath))
    seal(sample.image)
  })
  afterEach(() => {
    if (mountAt(sample.target) !== undefined) unmountComposefs(sample.target)
    removeSample(sample)
  })

  const tampered = EXTERNAL.slice()
  tampered[4000] = 0xff

  describe.skipIf(!hasOverlayVerity)('that require it (needs kernel 6.6)', () => {
    test.each(forms)('show every file, form %s', form => {
      expect(mount('require', form)).toMatchObject({ verity: 'require', form })
      expect(readLarge()).toEqual(EXTERNAL)
      expect(new Uint8Array(readFileSync(join(sample.target, 'small')))).toEqual(INLINE)
    })

    test.each<[string, () => void]>([
      ['changed, without fs-verity', () => replaceObject(tampered)],
      ['changed, with fs-verity', () => seal(replaceObject(tampered))],
      ['the same, without fs-verity', () => replaceObject(EXTERNAL)],
      [
        'the same, with fs-verity of another algorithm',
        () => seal(replaceObject(EXTERNAL), SHA512),
      ],
      ['gone', () => rmSync(join(sample.objects, sample.digest.objectPath))],
    ])('refuse an object that is %s', (_, change) => {
      change()
      mount('require')
      expect(readLarge).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/EIO|ENOENT/) }),
      )
      expect(new Uint8Array(readFileSync(join(sample.target, 'small')))).toEqual(INLINE)
    })
  })

  test.skipIf(hasOverlayVerity)('that require it are refused (kernels before 6.6)', () => {
    expect(() => mount('require')).toThrow(
      expect.objectContaining({ code: 'ERR_LINUX_NO_OVERLAY_VERITY' }),
    )
    expect(mountAt(sample.target)).toBeUndefined()
  })

  test('that try it have it where the kernel knows it', () => {
    expect(mount('try').verity).toBe(hasOverlayVerity ? 'require' : 'off')
    expect(readLarge()).toEqual(EXTERNAL)
  })

  test('that do without show what is there', () => {
    replaceObject(tampered)
    mount('off')
    expect(readLarge()).toEqual(tampered)
  })

  test('read the image through a loop device where they have to', () => {
    expect(mount('off').device).toBe(isKernel(6, 12) ? 'file' : 'loop')
  })
})
