import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemError } from '../src/errno.ts'
import { type ComposefsMount, mountComposefs, unmountComposefs } from '../src/index.ts'
import type * as LibcModule from '../src/libc.ts'
import { overlayForms, whyNoLoops, whyNoMounts } from './ability.ts'
import { leftovers, loopDevices } from './leftovers.ts'
import { makeSample, type Sample } from './sample-image.ts'

const EIO = 5
const ENOTBLK = 15
const EINVAL = 22

/** Decides over each system call by its number in the run: the errno it fails with, or none. */
let fault: (call: number) => number | undefined = () => undefined
let calls = 0

vi.mock('../src/libc.ts', async importOriginal => {
  const original = await importOriginal<typeof LibcModule>()
  return {
    ...original,
    attempt(make: Parameters<typeof original.attempt>[0]) {
      const errno = fault(++calls)
      return errno === undefined ? original.attempt(make) : -errno
    },
    call(...[syscall, details, make]: Parameters<typeof original.call>) {
      // Cleaning up is not what is tested: a mount that cannot be taken away stays.
      const errno = syscall === 'umount2' ? undefined : fault(++calls)
      if (errno !== undefined) throw systemError(errno, syscall, details)
      return original.call(syscall, details, make)
    },
  }
})

const why = whyNoMounts()
const whyNot = why ?? whyNoLoops()
const forms = overlayForms()

/** More calls than any mount makes. */
const CALLS_MAX = 100

let directory: string
let sample: Sample
let image: number
let temporary: string | undefined
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'composefs-leftovers-')))
  sample = makeSample(directory)
  image = openSync(sample.image, 'r')
  temporary = process.env.TMPDIR
  process.env.TMPDIR = directory
  fault = () => undefined
  calls = 0
})
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
  closeSync(image)
  rmSync(directory, { recursive: true })
})

function mount(options: Partial<ComposefsMount> = {}) {
  return mountComposefs({
    image,
    objects: [sample.objects],
    target: sample.target,
    name: 'leftovers',
    verity: 'off',
    ...options,
  })
}

function withUpper(): Partial<ComposefsMount> {
  const upper = { upperdir: join(sample.directory, 'u'), workdir: join(sample.directory, 'w') }
  mkdirSync(upper.upperdir)
  mkdirSync(upper.workdir)
  return { upper, readWrite: true, hasAcl: false }
}

/** Fails every call of a mount in turn, until all have had theirs. Returns how many mounts failed. */
function failEachCall(options: Partial<ComposefsMount>, errno: number): number {
  const before = leftovers(directory)
  for (let nth = 1; nth < CALLS_MAX; nth++) {
    calls = 0
    fault = call => (call === nth ? errno : undefined)
    let error: unknown
    try {
      mount(options)
    } catch (caught) {
      error = caught
    }
    const isReached = calls >= nth
    fault = () => undefined
    if (error === undefined) unmountComposefs(sample.target)
    else expect(error).toMatchObject({ errno: -errno })
    expect(leftovers(directory), `after call ${nth} failed`).toEqual(before)
    if (!isReached) return nth - 1
  }
  return expect.unreachable('a mount of more than a hundred calls')
}

describe.skipIf(why !== undefined)(`a mount leaves nothing${why ? ` (${why})` : ''}`, () => {
  test.each(forms)('when each of its calls fails, form %s', form => {
    expect(failEachCall({ form }, EIO)).toBeGreaterThan(10)
    expect(failEachCall({ ...withUpper(), form }, EIO)).toBeGreaterThan(12)
  })

  test('when it goes from form to form', () => {
    const before = leftovers(directory)
    // The first six calls make the mount of the image: every one of the overlays is refused.
    fault = call => (call > 6 ? EINVAL : undefined)
    expect(() => mount()).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    fault = () => undefined
    expect(leftovers(directory)).toEqual(before)
  })

  test('when it succeeds', () => {
    const before = leftovers(directory)
    for (const form of forms) {
      mount({ form })
      expect(leftovers(directory)).toMatchObject({
        mounts: [sample.target],
        files: filesOf(before),
      })
      unmountComposefs(sample.target)
    }
    expect(leftovers(directory)).toEqual(before)
  })
})

describe.skipIf(whyNot !== undefined)(`a loop device${whyNot ? ` (${whyNot})` : ''}`, () => {
  /** The fourth call creates the EROFS superblock: fsopen, `ro` and `source` come before. */
  const CREATE = 4

  test.each(forms)('serves where EROFS reads no files, form %s, and goes with the mount', form => {
    const before = leftovers(directory)
    fault = call => (call === CREATE ? ENOTBLK : undefined)
    expect(mount({ form }).device).toBe('loop')
    expect(loopDevices()).toContain(sample.image)
    unmountComposefs(sample.target)
    // The kernel takes its time with the last reference.
    return expect.poll(() => leftovers(directory)).toEqual(before)
  })

  test('goes when a later call fails', async () => {
    const before = leftovers(directory)
    for (let nth = CREATE + 1; nth < CALLS_MAX; nth++) {
      calls = 0
      fault = call => (call === CREATE ? ENOTBLK : call === nth ? EIO : undefined)
      let isMounted = false
      try {
        mount()
        isMounted = true
      } catch (error) {
        expect(error).toMatchObject({ code: 'EIO' })
      }
      const isReached = calls >= nth
      fault = () => undefined
      if (isMounted) unmountComposefs(sample.target)
      await expect.poll(() => leftovers(directory)).toEqual(before)
      if (!isReached) return
    }
    expect.unreachable('a mount of more than a hundred calls')
  })

  test.each([
    ['the next one when another process was faster', 16, 1],
    ['no direct I/O where the file system has none', EINVAL, 1],
  ])('is %s', async (_, errno, times) => {
    let failed = 0
    let isReached = false
    fault = call => {
      if (call === CREATE) return ENOTBLK
      // LOOP_CTL_GET_FREE, then LOOP_CONFIGURE.
      if (call !== CREATE + 2) return undefined
      isReached = true
      return failed++ < times ? errno : undefined
    }
    expect(mount().device).toBe('loop')
    expect(isReached).toBe(true)
    unmountComposefs(sample.target)
    await expect.poll(() => loopDevices()).not.toContain(sample.image)
  })

  test('is given up when others take every one', () => {
    const EBUSY = 16
    const before = leftovers(directory)
    fault = call => {
      if (call === CREATE) return ENOTBLK
      return call > CREATE && (call - CREATE) % 2 === 0 ? EBUSY : undefined
    }
    expect(() => mount()).toThrow(
      expect.objectContaining({ code: 'EBUSY', syscall: 'ioctl(LOOP_CONFIGURE)' }),
    )
    fault = () => undefined
    expect(leftovers(directory)).toEqual(before)
  })
})

function filesOf(state: unknown): unknown {
  return (state as { files: unknown }).files
}
