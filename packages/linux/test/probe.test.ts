import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type MountSample,
  probeFuse,
  probeMounts,
  probeUserNamespaces,
  probeVerity,
} from '../src/probe.ts'
import { isKernel, overlayForms, whyNoMounts } from './ability.ts'
import { leftovers } from './leftovers.ts'
import { EXTERNAL, INLINE, makeSample, removeSample, type Sample } from './sample-image.ts'

describe('mounts', () => {
  const why = whyNoMounts()
  const reason = why === undefined ? '' : ` (${why})`
  let sample: Sample
  let image: number
  beforeAll(() => {
    sample = makeSample()
    // Whatever is mounted for a moment would be mounted there.
    vi.stubEnv('TMPDIR', sample.directory)
    image = openSync(sample.image, constants.O_RDONLY)
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    closeSync(image)
    removeSample(sample)
  })
  const parts = (changes: Partial<MountSample> = {}): MountSample => ({
    image,
    objects: sample.objects,
    directory: sample.target,
    inline: { path: 'small', content: INLINE },
    external: { path: 'usr/large', content: EXTERNAL },
    ...changes,
  })

  test.skipIf(why !== undefined)(`of a good image work, and leave nothing${reason}`, () => {
    const before = leftovers(sample.directory)
    const { erofs, overlay, verity } = probeMounts(parts())
    expect(erofs).toMatchObject({ outcome: 'works', device: isKernel(6, 12) ? 'file' : 'loop' })
    expect(overlay).toEqual({
      outcome: 'works',
      form: overlayForms()[0],
      wasRead: isKernel(6, 15),
    })
    expect(verity.outcome).toBe(isKernel(6, 6) ? 'works' : 'fails')
    expect(leftovers(sample.directory)).toEqual(before)
  })

  test.skipIf(why !== undefined || !isKernel(6, 15))(
    `notice what cannot be read, on kernels that take detached mounts${reason}`,
    () => {
      const external = { path: 'usr/large', content: INLINE }
      expect(probeMounts(parts({ external }))).toMatchObject({
        erofs: { outcome: 'works' },
        overlay: { outcome: 'fails', error: { message: /^usr\/large reads back/ } },
        verity: { outcome: 'untried' },
      })
      // The directory of objects has no such object.
      const { overlay } = probeMounts(parts({ objects: sample.target }))
      expect(overlay).toMatchObject({ outcome: 'fails', error: { code: 'ENOENT' } })
    },
  )

  test.skipIf(why !== undefined)(`of what is no image fail${reason}`, () => {
    const file = openSync('/proc/self/exe', constants.O_RDONLY)
    try {
      expect(probeMounts(parts({ image: file }))).toMatchObject({
        erofs: { outcome: 'fails' },
        overlay: { outcome: 'untried' },
        verity: { outcome: 'untried' },
      })
    } finally {
      closeSync(file)
    }
  })
})

describe('fs-verity', () => {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-probe-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  test.each([SHA256, SHA512])('of a directory is one of the outcomes, without traces', hash => {
    expect(['works', 'unsupported', 'unfit', 'unknown']).toContain(probeVerity(directory, hash))
    expect(readdirSync(directory)).toEqual([])
  })

  test('needs a directory that is there', () => {
    expect(() => probeVerity(join(directory, 'nowhere'), SHA256)).toThrow(/ENOENT/)
  })
})

test('FUSE works, is denied or fails', () => {
  const trial = probeFuse()
  expect(['works', 'denied', 'fails']).toContain(trial.outcome)
  if ('error' in trial) expect(trial.error.message).toContain('/dev/fuse')
})

test('user namespaces are made by a process of their own', () => {
  const before = readdirSync('/proc/self/fd').length
  const { works, setting } = probeUserNamespaces()
  if (setting !== undefined) expect(works).toBe(false)
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})
