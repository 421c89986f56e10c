import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { encodeImage, imageDigest } from '@composefs/erofs'
import { Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { initRepository, isRepositoryError, openRepository, type Repository } from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

async function newRepository(): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  const system = new SimulatedSystem()
  await initRepository(path, { system, insecure: true })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

const object = (repository: Repository, text: string) =>
  repository.objects.put(Buffer.from(text)).digest

/** A repository with the streams `one` and `two`. */
async function withStreams() {
  const repository = await newRepository()
  const one = object(repository, 'one')
  const two = object(repository, 'two')
  repository.streams.link('one', one)
  repository.streams.link('two', two)
  const textOf = (name: string) => readlinkSync(join(repository.path, 'streams', name))
  return {
    ...repository,
    repository,
    streams: repository.streams,
    path: repository.path,
    one,
    two,
    textOf,
  }
}

describe('a stream', () => {
  test('that is none is refused with the path of its object', async () => {
    const { streams, path, one } = await withStreams()
    const message = `${join(path, 'objects', one.objectPath)}: a splitstream of 3 bytes has no header`
    await expect(streams.open('one')).rejects.toThrow(message)
    await expect(streams.open(one)).rejects.toThrow(message)
  })

  test('that was changed is refused in an insecure repository when that is asked for', async () => {
    const { streams, path } = await withStreams()
    const writer = streams.createWriter('anything')
    const digest = await streams.store(writer)
    const file = join(path, 'objects', digest.objectPath)
    const bytes = readFileSync(file)
    bytes[8] = (bytes[8] ?? 0) ^ 1
    writeFileSync(file, bytes)
    const open = () => streams.open(digest, { verify: true })
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_DIGEST_MISMATCH')
  })
})

describe('links', () => {
  test('have the text that cfsctl writes', async () => {
    const { streams, one, textOf } = await withStreams()
    expect(textOf('one')).toBe(`../objects/${one.hex.slice(0, 2)}/${one.hex.slice(2)}`)
    streams.setRef('name', 'one')
    streams.setRef('oci/tag', 'one')
    streams.setRef('a/b/c', 'one')
    expect(textOf('refs/name')).toBe('../one')
    expect(textOf('refs/oci/tag')).toBe('../../one')
    expect(textOf('refs/a/b/c')).toBe('../../../one')
    expect(streams.lookup('one')).toEqual(one)
    expect(streams.lookup('three')).toBeUndefined()
  })

  test('move, and leave no temporary name', async () => {
    const { streams, path, two, textOf } = await withStreams()
    streams.setRef('name', 'one')
    streams.setRef('name', 'one')
    streams.setRef('name', 'two')
    expect(textOf('refs/name')).toBe('../two')
    streams.link('one', two)
    expect(streams.lookup('one')).toEqual(two)
    expect(readdirSync(path).sort()).toEqual(['meta.json', 'objects', 'streams'])
  })

  test('are read by their end, but only when they are relative', async () => {
    const { streams, path, one } = await withStreams()
    const at = (name: string) => join(path, 'streams', name)
    symlinkSync(`../../elsewhere/${one.objectPath}`, at('moved'))
    symlinkSync(`/objects/${one.objectPath}`, at('absolute'))
    symlinkSync('../objects/ab/short', at('short'))
    writeFileSync(at('file'), '')
    expect(streams.lookup('moved')).toEqual(one)
    for (const name of ['absolute', 'short', 'file']) {
      expect(await codeOf(() => streams.lookup(name))).toBe('ERR_REPOSITORY_BAD_LINK')
    }
  })

  test('do not take the place of a file or directory', async () => {
    const { streams, path, one } = await withStreams()
    writeFileSync(join(path, 'streams', 'file'), 'kept')
    mkdirSync(join(path, 'streams', 'directory'))
    for (const id of ['file', 'directory']) {
      expect(await codeOf(() => streams.link(id, one))).toBe('ERR_REPOSITORY_BAD_LINK')
    }
    expect(lstatSync(join(path, 'streams', 'file')).size).toBe(4)
    expect(readdirSync(path).sort()).toEqual(['meta.json', 'objects', 'streams'])
  })
})

describe('names', () => {
  test.each(['', '.', '..', 'refs', 'a/b', '../one', 'nul\0', 'x'.repeat(256), '\ud800'])(
    '%j is no stream',
    async id => {
      const { streams, one } = await withStreams()
      expect(await codeOf(() => streams.link(id, one))).toBe('ERR_REPOSITORY_BAD_NAME')
      expect(await codeOf(() => streams.lookup(id))).toBe('ERR_REPOSITORY_BAD_NAME')
    },
  )

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/..',
    '../../etc',
    'a/../b',
    'n\0',
    `${'x'.repeat(256)}/a`,
    'x/'.repeat(1100),
  ])('%j is no ref', async name => {
    const { streams } = await withStreams()
    expect(await codeOf(() => streams.setRef(name, 'one'))).toBe('ERR_REPOSITORY_BAD_NAME')
    expect(await codeOf(() => streams.removeRef(name))).toBe('ERR_REPOSITORY_BAD_NAME')
    expect(await codeOf(() => streams.refTarget(name))).toBe('ERR_REPOSITORY_BAD_NAME')
  })

  test('whatever they are, a ref that is made is found, and nothing is made elsewhere', async () => {
    const { streams, path } = await withStreams()
    const outside = readdirSync(join(path, '..'))
    await fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('.', '/', 'a', 'ü', '%', ':', '\n') }),
        name => {
          try {
            streams.setRef(name, 'one')
          } catch (error) {
            expect(isRepositoryError(error)).toBe(true)
            return
          }
          expect(streams.refTarget(name)).toBe('one')
          expect([...streams.refs()]).toContainEqual({ name, target: 'one' })
          expect(streams.removeRef(name)).toBe(true)
          expect(streams.removeRef(name)).toBe(false)
        },
      ),
    )
    expect(readdirSync(join(path, '..'))).toEqual(outside)
    expect(readdirSync(path).sort()).toEqual(['meta.json', 'objects', 'streams'])
  })
})

describe('refs', () => {
  test('to nothing are refused', async () => {
    const { streams, repository, one } = await withStreams()
    expect(await codeOf(() => streams.setRef('name', 'three'))).toBe(
      'ERR_REPOSITORY_STREAM_NOT_FOUND',
    )
    expect(await codeOf(() => repository.images.setRef('name', one))).toBe(
      'ERR_REPOSITORY_IMAGE_NOT_FOUND',
    )
  })

  test('are listed recursively, all or below a directory, sorted', async () => {
    const { streams } = await withStreams()
    for (const name of ['z', 'oci/b', 'oci/a', 'oci-referrers/x/y']) streams.setRef(name, 'one')
    const names = (prefix?: string) => [...streams.refs(prefix)].map(ref => ref.name)
    expect(names()).toEqual(['oci/a', 'oci/b', 'oci-referrers/x/y', 'z'])
    expect(names('oci')).toEqual(['oci/a', 'oci/b'])
    expect(names('oci-referrers/x')).toEqual(['oci-referrers/x/y'])
    expect(names('missing')).toEqual([])
    expect(names('z')).toEqual([])
  })

  test('conflict with refs above and below', async () => {
    const { streams } = await withStreams()
    streams.setRef('a', 'one')
    streams.setRef('b/c', 'one')
    expect(await codeOf(() => streams.setRef('a/b', 'one'))).toBe('ERR_REPOSITORY_REF_CONFLICT')
    expect(await codeOf(() => streams.setRef('b', 'one'))).toBe('ERR_REPOSITORY_REF_CONFLICT')
    expect(await codeOf(() => streams.removeRef('b'))).toBe('ERR_REPOSITORY_BAD_LINK')
    expect([...streams.refs()].map(ref => ref.name)).toEqual(['a', 'b/c'])
  })

  test('do not leave the repository through a symlink to a directory', async () => {
    const { streams, path } = await withStreams()
    const outside = temporaryDirectory()
    symlinkSync('../../x', join(outside, 'ref'))
    mkdirSync(join(path, 'streams', 'refs'))
    symlinkSync(outside, join(path, 'streams', 'refs', 'way'))
    expect(await codeOf(() => streams.setRef('way/new', 'one'))).toBe('ERR_REPOSITORY_REF_CONFLICT')
    expect(await codeOf(() => streams.removeRef('way/ref'))).toBe('ERR_REPOSITORY_REF_CONFLICT')
    expect(streams.refTarget('way/ref')).toBeUndefined()
    expect([...streams.refs('way')]).toEqual([])
    expect(await codeOf(() => [...streams.refs()])).toBe('ERR_REPOSITORY_BAD_LINK')
    expect(readdirSync(outside)).toEqual(['ref'])
  })

  test('with names that are no UTF-8 are told, not passed over', async () => {
    const { streams, path } = await withStreams()
    mkdirSync(join(path, 'streams', 'refs'))
    symlinkSync('../one', Buffer.concat([Buffer.from(`${path}/streams/refs/x`), Buffer.of(0xff)]))
    expect(await codeOf(() => [...streams.refs()])).toBe('ERR_REPOSITORY_BAD_NAME')
  })

  test('that are broken hide no others from who asks for them too', async () => {
    const { streams, path } = await withStreams()
    streams.setRef('oci/good', 'one')
    const directory = join(path, 'streams/refs/oci')
    symlinkSync('bad', join(directory, 'bad'))
    symlinkSync('../../one', Buffer.concat([Buffer.from(`${directory}/`), Buffer.of(0xff)]))
    const broken: string[] = []
    const refs = [...streams.refs('oci', name => broken.push(name))]
    expect(refs).toEqual([{ name: 'oci/good', target: 'one' }])
    expect(broken).toEqual(['oci/bad', 'oci/\ufffd'])
    expect(await codeOf(() => [...streams.refs('oci')])).toBe('ERR_REPOSITORY_BAD_LINK')
  })

  test('other things between them are seen by whoever asks for everything', async () => {
    const { streams, path } = await withStreams()
    streams.setRef('a/b', 'one')
    writeFileSync(join(path, 'streams', 'refs', 'file'), '')
    expect([...streams.refEntries()].map(entry => [entry.name, entry.kind])).toEqual([
      ['a', 'directory'],
      ['a/b', 'symlink'],
      ['file', 'other'],
    ])
    expect([...streams.refs()].map(ref => ref.name)).toEqual(['a/b'])
  })
})

describe('images', () => {
  test.each([0, 1, 2] as const)(
    'of a tree in format V%i are what erofs makes of it',
    async version => {
      const { images } = await newRepository()
      const metadata = {
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtimeSeconds: 1n,
        mtimeNanoseconds: 0,
        xattrs: [],
      }
      const tree = new FileTree(SHA256, metadata)
      tree.addDirectory(ROOT, Buffer.from('usr'), metadata)
      const { digest, isNew, size } = images.put(tree, version)
      expect(isNew).toBe(true)
      expect(digest.equals(imageDigest(tree, { version }))).toBe(true)
      images.link(digest)
      const image = images.open(digest)
      expect(Buffer.from(image.bytes()).equals(encodeImage(tree, { version }))).toBe(true)
      expect(image.size).toBe(size)
      image.close()
      expect(images.put(tree, version)).toEqual({ digest, isNew: false, size })
      expect(() => images.put(new FileTree(SHA512), version)).toThrow(RangeError)
    },
  )

  async function withImage() {
    const repository = await newRepository()
    const { digest } = repository.images.putBytes(Buffer.from('an image'))
    repository.images.link(digest)
    repository.images.setRef('my/name', digest)
    repository.images.setRef('name', digest)
    return { repository, images: repository.images, path: repository.path, digest }
  }

  test('are found by id, with and without prefix, and by ref', async () => {
    const { images, path, digest } = await withImage()
    const file = join(path, 'objects', digest.objectPath)
    const found = (viaRef: boolean) => ({ digest, path: file, viaRef })
    expect(images.resolve(digest.hex)).toEqual(found(false))
    expect(images.resolve(String(digest))).toEqual(found(false))
    expect(images.resolve(digest.hex.toUpperCase())).toEqual(found(false))
    expect(images.resolve('refs/my/name')).toEqual(found(true))
    expect(images.resolve('name')).toEqual(found(true))
    expect([...images.refs()]).toEqual([
      { name: 'my/name', digest: digest.hex },
      { name: 'name', digest: digest.hex },
    ])
    expect([...images.list()]).toEqual([digest])
    expect(images.removeRef('name')).toBe(true)
    expect(images.refTarget('name')).toBeUndefined()
  })

  test.each([
    ['my/name', 'ERR_REPOSITORY_IMAGE_NOT_FOUND'],
    ['nothing', 'ERR_REPOSITORY_IMAGE_NOT_FOUND'],
    ['ab'.repeat(32), 'ERR_REPOSITORY_IMAGE_NOT_FOUND'],
    [`sha512:${'ab'.repeat(64)}`, 'ERR_REPOSITORY_IMAGE_NOT_FOUND'],
    ['refs/../../meta.json', 'ERR_REPOSITORY_BAD_NAME'],
    ['refs/my', 'ERR_REPOSITORY_BAD_LINK'],
    ['..', 'ERR_REPOSITORY_BAD_NAME'],
    ['../x', 'ERR_REPOSITORY_IMAGE_NOT_FOUND'],
    ['', 'ERR_REPOSITORY_BAD_NAME'],
  ])('%j is none: %s', async (name, code) => {
    const { images } = await withImage()
    expect(await codeOf(() => images.resolve(name))).toBe(code)
  })

  test('are those their names say: a link to another object is refused', async () => {
    const { images, repository, path } = await withImage()
    const other = object(repository, 'other')
    const id = Digest.fromHex('cd'.repeat(32), SHA256) as Digest
    symlinkSync(`../objects/${other.objectPath}`, join(path, 'images', id.hex))
    expect(await codeOf(() => images.open(id))).toBe('ERR_REPOSITORY_BAD_LINK')
  })

  test.each(['id', 'ref'])('in an insecure repository are checked too, by %s', async how => {
    const { images, path, digest } = await withImage()
    const name = how === 'id' ? digest.hex : 'name'
    const image = images.open(name)
    expect(image).toMatchObject({ digest, size: 8, hasVerity: false })
    expect(Buffer.from(image.bytes()).toString()).toBe('an image')
    image.close()
    writeFileSync(join(path, 'objects', digest.objectPath), 'AN IMAGE')
    expect(await codeOf(() => images.open(name))).toBe('ERR_REPOSITORY_DIGEST_MISMATCH')
  })

  test.each(['id', 'ref'])('in a secure repository are measured, by %s', async how => {
    const path = join(temporaryDirectory(), 'repository')
    const system = new SimulatedSystem({ verity: true })
    await initRepository(path, { system })
    await using repository = await openRepository(path, { system })
    const { images } = repository
    const { digest } = images.putBytes(Buffer.from('an image'))
    images.link(digest)
    images.setRef('name', digest)
    const name = how === 'id' ? digest.hex : 'name'
    const image = images.open(name)
    expect(image.hasVerity).toBe(true)
    image.close()
    system.loseVerity(join(path, 'objects', digest.objectPath))
    expect(await codeOf(() => images.open(name))).toBe('ERR_REPOSITORY_VERITY_MISSING')
  })
})
