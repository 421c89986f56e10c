import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ComposefsMount,
  composefsMounts,
  type MountedComposefs,
  mountAt,
  mountComposefs,
  unmountComposefs,
} from '../src/index.ts'
import { isKernel, overlayForms, whyNoMounts } from './ability.ts'
import {
  EXTERNAL,
  INLINE,
  makeSample,
  removeSample,
  type Sample,
  writeObject,
} from './sample-image.ts'

const why = whyNoMounts()
const forms = overlayForms()

let sample: Sample
beforeEach(() => {
  sample = makeSample()
})
afterEach(() => {
  while (mountAt(sample.target) !== undefined) unmountComposefs(sample.target, { force: true })
  removeSample(sample)
})

function mount(options: Partial<ComposefsMount> = {}): MountedComposefs {
  const image = openSync(sample.image, 'r')
  try {
    return mountComposefs({
      image,
      objects: [sample.objects],
      target: sample.target,
      name: 'sample',
      verity: 'off',
      ...options,
    })
  } finally {
    closeSync(image)
  }
}

function read(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(sample.target, name)))
}

function entry() {
  return composefsMounts().find(({ target }) => target === sample.target)
}

describe.skipIf(why !== undefined)(`composefs mounts${why ? ` (${why})` : ''}`, () => {
  test.each(forms)('in form %s show the files of the image and of the objects', form => {
    const mounted = mount({ form })
    expect(mounted).toMatchObject({ mode: 'kernel', target: sample.target, verity: 'off', form })
    expect(mounted.warnings).toHaveLength(form === 'D' ? 1 : 0)
    expect(readdirSync(sample.target)).toEqual(['small', 'usr'])
    expect(read('small')).toEqual(INLINE)
    expect(read('usr/large')).toEqual(EXTERNAL)
    expect(() => writeFileSync(join(sample.target, 'new'), '')).toThrow(
      expect.objectContaining({ code: 'EROFS' }),
    )
    expect(entry()).toMatchObject({
      name: 'sample',
      mode: 'kernel',
      verity: 'off',
      isReadOnly: true,
    })
    unmountComposefs(sample.target)
    expect(readdirSync(sample.target)).toEqual([])
  })

  test.each(forms)('in form %s cope with paths of any characters and length', form => {
    const directory = join(sample.directory, `a:b,c\\d e${'x'.repeat(200)}`)
    mkdirSync(directory)
    const place = { objects: join(directory, 'objects'), target: join(directory, 'target') }
    mkdirSync(place.target)
    writeObject(place.objects, sample.digest, EXTERNAL)
    mount({ ...place, objects: [place.objects], form })
    expect(new Uint8Array(readFileSync(join(place.target, 'usr/large')))).toEqual(EXTERNAL)
    unmountComposefs(place.target)
  })

  test.each(forms)('in form %s search several object directories', form => {
    const empty = join(sample.directory, 'empty')
    mkdirSync(empty)
    mount({ objects: [empty, sample.objects], form })
    expect(read('usr/large')).toEqual(EXTERNAL)
  })

  test.each(forms)('in form %s keep changes in an upper directory', form => {
    const upper = { upperdir: join(sample.directory, 'u'), workdir: join(sample.directory, 'w') }
    mkdirSync(upper.upperdir)
    mkdirSync(upper.workdir)
    mount({ upper, readWrite: true, form })
    writeFileSync(join(sample.target, 'usr/large'), 'changed')
    expect(entry()?.isReadOnly).toBe(false)
    unmountComposefs(sample.target)
    expect(readFileSync(join(upper.upperdir, 'usr/large'), 'utf8')).toBe('changed')
    mount({ upper, form })
    expect(read('usr/large')).toEqual(encodeUtf8('changed'))
    expect(() => writeFileSync(join(sample.target, 'new'), '')).toThrow(
      expect.objectContaining({ code: 'EROFS' }),
    )
  })

  test('are stacked on what is mounted there, and peeled off one by one', () => {
    mount({ name: 'first' })
    mount({ name: 'second' })
    expect(mountAt(sample.target)?.source).toBe('composefs:second')
    unmountComposefs(sample.target)
    expect(mountAt(sample.target)?.source).toBe('composefs:first')
  })

  test('follow a symlink to the mount point and tell where it led', () => {
    const link = join(sample.directory, 'link')
    symlinkSync('target', link)
    expect(mount({ target: link }).target).toBe(sample.target)
    unmountComposefs(link)
    expect(entry()).toBeUndefined()
  })

  test('have the attributes they are given', () => {
    mount({ attributes: ['nodev', 'nosuid', 'noexec', 'noatime'] })
    expect(entry()?.options).toEqual(['ro', 'nosuid', 'nodev', 'noexec', 'noatime'])
  })

  test('show long and odd names of images as far as there is room', () => {
    mount({ name: 'a b\\c' })
    expect(entry()?.name).toBe('a b\\c')
    unmountComposefs(sample.target)
    mount({ name: 'ö'.repeat(200) })
    expect(entry()?.name).toMatch(/^ö{121}/)
  })

  test('without the ACL flag show the same files', () => {
    mount({ hasAcl: false })
    expect(read('usr/large')).toEqual(EXTERNAL)
  })

  test('map owners by a user namespace', async () => {
    const namespace = await userNamespace()
    try {
      mount({ idmap: `/proc/${namespace.pid}/ns/user` })
      expect(statSync(join(sample.target, 'small'))).toMatchObject({ uid: 100_000, gid: 200_000 })
    } finally {
      namespace.kill()
    }
  })

  test.skipIf(!isKernel(6, 6)).each(['require', 'try'] as const)(
    'with verity %s ask the kernel to check (needs kernel 6.6)',
    verity => {
      expect(mount({ verity }).verity).toBe('require')
      expect(entry()?.verity).toBe('require')
      expect(read('small')).toEqual(INLINE)
      // Plain files, no fs-verity: not one of them is to be read.
      expect(() => read('usr/large')).toThrow(expect.objectContaining({ code: 'EIO' }))
    },
  )

  test.each<[string, () => Partial<ComposefsMount>, object]>([
    ['a missing mount point', () => ({ target: '/none' }), { code: 'ENOENT' }],
    ['a mount point that is a file', () => ({ target: '/proc/version' }), { code: 'ENOTDIR' }],
    ['missing objects', () => ({ objects: ['/none'] }), { code: 'ENOENT', path: '/none' }],
    [
      'something that is no image',
      () => {
        writeFileSync(sample.image, new Uint8Array(8192))
        return {}
      },
      { code: 'EINVAL', step: 'image', syscall: 'fsconfig(erofs, create)' },
    ],
    [
      'an empty image',
      () => {
        truncateSync(sample.image, 0)
        return {}
      },
      { step: 'image' },
    ],
    [
      'no user namespace',
      () => ({ idmap: '/proc/self/ns/mnt' }),
      { code: 'ERR_LINUX_BAD_USER_NAMESPACE', step: 'idmap' },
    ],
    [
      'the user namespace that maps nothing',
      () => ({ idmap: '/proc/self/ns/user' }),
      { code: 'ERR_LINUX_BAD_USER_NAMESPACE', step: 'idmap' },
    ],
    [
      'upper and work directories that are one',
      () => ({ upper: { upperdir: sample.objects, workdir: sample.objects } }),
      { code: 'EINVAL', step: 'overlay', syscall: 'fsconfig(overlay, create)' },
    ],
  ])('of %s fail', (_, change, expected) => {
    const options = change()
    expect(() => mount(options)).toThrow(expect.objectContaining(expected))
    expect(entry()).toBeUndefined()
  })

  test.skipIf(!isKernel(6, 8))('fail with the words of the kernel (needs kernel 6.8)', () => {
    mount()
    const upper = join(sample.target, 'usr')
    expect(() => mount({ upper: { upperdir: upper, workdir: upper } })).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        step: 'overlay',
        kernelMessages: [expect.stringMatching(/^overlay: filesystem on .* not supported/)],
      }),
    )
  })

  test('exclude options that exclude each other', () => {
    expect(() => mount({ attributes: ['noatime', 'strictatime'] })).toThrow(TypeError)
  })
})

describe.skipIf(why !== undefined)(`unmounting${why ? ` (${why})` : ''}`, () => {
  test('names those who use the mount, and lets go of it lazily', async () => {
    mount()
    const holder = spawn('sleep', ['600'], { cwd: join(sample.target, 'usr') })
    await spawned(holder)
    const file = openSync(join(sample.target, 'small'), 'r')
    try {
      expect(() => unmountComposefs(sample.target)).toThrow(
        expect.objectContaining({
          code: 'EBUSY',
          syscall: 'umount2',
          path: sample.target,
          holders: expect.arrayContaining([
            { pid: holder.pid, command: 'sleep', use: 'cwd' },
            expect.objectContaining({ pid: process.pid, use: 'file' }),
          ]),
          submounts: [],
        }),
      )
      unmountComposefs(sample.target, { lazy: true })
      expect(entry()).toBeUndefined()
    } finally {
      closeSync(file)
      holder.kill()
    }
  })

  test('names the mounts below', () => {
    mount()
    const below = join(sample.target, 'usr')
    mount({ target: below })
    expect(() => unmountComposefs(sample.target)).toThrow(
      expect.objectContaining({ code: 'EBUSY', submounts: [below] }),
    )
    unmountComposefs(below)
  })

  test('leaves alone what is not mounted, or not by composefs', () => {
    expect(() => unmountComposefs(sample.target)).toThrow(
      expect.objectContaining({ code: 'ERR_LINUX_NOT_MOUNTED' }),
    )
    expect(() => unmountComposefs('/proc')).toThrow(
      expect.objectContaining({ code: 'ERR_LINUX_NOT_COMPOSEFS' }),
    )
    expect(() => unmountComposefs('/none')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

/** A process in a user namespace of its own that maps root to user 100000 and group 200000. */
async function userNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['--user', 'sleep', '600'])
  await spawned(child)
  const own = readlinkSync('/proc/self/ns/user')
  while (readlinkSync(`/proc/${child.pid}/ns/user`) === own) {
    await new Promise(resolve => setImmediate(resolve))
  }
  writeFileSync(`/proc/${child.pid}/uid_map`, '0 100000 65536')
  writeFileSync(`/proc/${child.pid}/gid_map`, '0 200000 65536')
  return child
}

async function spawned(child: ChildProcess): Promise<void> {
  await once(child, 'spawn')
}
