import { cpSync, lstatSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { imageDigest } from '@composefs/erofs'
import { Digest, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { snapshot } from '@composefs/test-fixtures/damage'
import { FileTree } from '@composefs/tree'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  collectGarbage,
  DataSharing,
  initRepository,
  isRepositoryError,
  openRepository,
  publish,
  type Repository,
  type System,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

const content = Buffer.alloc(5000, 'content ')
const tree = new FileTree(SHA256)
const image = imageDigest(tree, { version: 1 })
const nothing = Digest.fromHex('ab'.repeat(32), SHA256) as Digest

/** A repository with one of everything. */
async function filledRepository(system: System, insecure: boolean): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, insecure })
  const repository = await reopen(path, system)
  const { objects, streams, images } = repository
  const stream = await streams.store(streams.createWriter('anything'))
  objects.put(content)
  images.put(tree, 1)
  publish(repository, [
    { kind: 'stream', id: 'one', digest: stream },
    { kind: 'stream', id: 'two', digest: stream },
    { kind: 'image', digest: image },
    { kind: 'stream-ref', name: 'a', id: 'one' },
    { kind: 'stream-ref', name: 'oci/b', id: 'one' },
    { kind: 'image-ref', name: 'a', digest: image },
    { kind: 'image-ref', name: 'dir/b', digest: image },
  ])
  return repository
}

async function reopen(path: string, system: System): Promise<Repository> {
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

/** All that writes, and all that reads by a name. */
function everything(repository: Repository): Readonly<Record<string, () => unknown>> {
  const { objects, streams, images, path, system } = repository
  return {
    'put what is there': () => objects.put(content),
    'put something new': () => objects.put(Buffer.alloc(6000, 'new ')),
    'write what is there': () => write(repository, content),
    'write something new': () => write(repository, Buffer.alloc(7000, 'written ')),
    receive: () => receive(repository),
    'put an image': () => images.put(tree, 2),
    'store a stream': () => streams.store(streams.createWriter('whatever')),
    'name a stream': () => streams.link('new', image),
    'rename a stream': () => streams.link('two', image),
    'make a ref': () => streams.setRef('new', 'one'),
    'make a ref below': () => streams.setRef('oci/new', 'one'),
    'move a ref': () => streams.setRef('oci/b', 'two'),
    'remove a ref': () => streams.removeRef('a'),
    'remove a ref below': () => streams.removeRef('oci/b'),
    'name an image': () => images.link(image),
    'name an image that is not there': () => images.link(nothing),
    'make an image ref': () => images.setRef('new', image),
    'make an image ref below': () => images.setRef('dir/new', image),
    'open an image': () => images.open('refs/a').close(),
    'remove an image ref': () => images.removeRef('a'),
    'remove an image ref below': () => images.removeRef('dir/b'),
    'list names': () => [...streams.list(), ...images.list(), ...streams.refs(), ...images.refs()],
    'read a stream': () => streams.open('refs/oci/b'),
    check: () => checkRepository(repository),
    'find garbage': () => collectGarbage(repository, { dryRun: true }),
    'make it again': () => initRepository(path, { system, insecure: true, ensure: true }),
  }
}

function write({ objects }: Repository, bytes: Uint8Array): void {
  const writer = objects.create()
  try {
    writer.write(bytes)
    writer.finish()
  } finally {
    writer.abort()
  }
}

async function receive(to: Repository): Promise<void> {
  const from = await filledRepository(to.system, true)
  const { digest } = from.objects.put(Buffer.alloc(9000, 'received '))
  using object = from.objects.open(digest)
  for (const _ of to.objects.receive(digest, object, new DataSharing()));
}

/** Replaces a part of a repository by a symlink to where it is now, at its place in a copy of the repository. */
function moveOut({ path }: Repository, place: string): string {
  const outside = temporaryDirectory()
  const [from, to] = [join(path, place), join(outside, place)]
  cpSync(path, outside, { recursive: true, verbatimSymlinks: true })
  rmSync(to, { recursive: true })
  renameSync(from, to)
  symlinkSync(to, from)
  return outside
}

const SYSTEMS = [
  { name: 'insecure', system: () => linuxSystem, insecure: true },
  { name: 'secure', system: () => new SimulatedSystem({ verity: true }), insecure: false },
  { name: 'without unnamed files', system: () => new SimulatedSystem(), insecure: true },
]

const PLACES = [
  { place: 'objects' },
  { place: 'objects/XX', of: 'objects' },
  { place: 'streams' },
  { place: 'streams/refs' },
  { place: 'streams/refs/oci' },
  { place: 'images' },
  { place: 'images/refs' },
  { place: 'images/refs/dir' },
]

/** The directories of a place, all of them for `objects/XX`. */
const placesOf = ({ path }: Repository, { place, of }: (typeof PLACES)[number]) =>
  of === undefined ? [place] : readdirSync(join(path, of)).map(name => `${of}/${name}`)

describe.each(SYSTEMS)('in a repository ($name)', ({ system, insecure }) => {
  test.each(PLACES)('nothing follows a symlink in the place of $place', async place => {
    const filled = await filledRepository(system(), insecure)
    const places = placesOf(filled, place)
    const outsides = places.map(each => moveOut(filled, each))
    const before = outsides.map(snapshot)
    // What the one has learned about directories the other does not know yet.
    for (const repository of [filled, await reopen(filled.path, filled.system)]) {
      for (const [what, action] of Object.entries(everything(repository))) {
        try {
          await action()
        } catch (error) {
          if (!isRepositoryError(error)) throw new Error(what, { cause: error })
        }
        expect(outsides.map(snapshot), what).toEqual(before)
      }
    }
    for (const each of places)
      expect(lstatSync(join(filled.path, each)).isSymbolicLink()).toBe(true)
  })

  test.each(PLACES)(
    'no garbage is collected through a symlink in the place of $place',
    async place => {
      const repository = await filledRepository(system(), insecure)
      const outsides = placesOf(repository, place).map(each => moveOut(repository, each))
      const before = [repository.path, ...outsides].map(snapshot)
      expect(await codeOf(() => collectGarbage(repository))).toBe('ERR_REPOSITORY_GC_REFUSED')
      const ignoreBroken = placesOf(repository, place)
      const forced = await codeOf(() => collectGarbage(repository, { ignoreBroken }))
      // A symlink among refs may be a ref that leads nowhere: such a one can be given up.
      if (!/refs\/./.test(place.place)) expect(forced).toBe('ERR_REPOSITORY_GC_REFUSED')
      else before[0] = snapshot(repository.path)
      expect([repository.path, ...outsides].map(snapshot)).toEqual(before)
    },
  )

  test.each(PLACES)('a symlink in the place of $place is found by a check', async place => {
    const repository = await filledRepository(system(), insecure)
    const places = placesOf(repository, place)
    for (const each of places) moveOut(repository, each)
    const { findings } = await checkRepository(repository)
    const found = findings.map(finding => finding.path)
    expect(places.filter(each => !found.some(path => path.startsWith(each)))).toEqual([])
  })
})

describe('a symlink in the place of', () => {
  test.each([
    ['objects', (repository: Repository) => repository.objects.put(content)],
    ['objects', ({ objects }: Repository) => objects.create()],
    ['streams', ({ streams }: Repository) => streams.lookup('one')],
    ['streams', ({ streams }: Repository) => [...streams.list()]],
    ['streams', ({ streams }: Repository) => streams.link('one', image)],
    ['streams', ({ streams }: Repository) => [...streams.refs()]],
    ['streams/refs', ({ streams }: Repository) => [...streams.refs('oci')]],
    ['streams/refs', ({ streams }: Repository) => streams.refTarget('a')],
    ['images', ({ images }: Repository) => [...images.list()]],
    ['images', ({ images }: Repository) => images.has(image)],
    ['images', ({ images }: Repository) => images.open(image)],
    ['images/refs', ({ images }: Repository) => images.resolve('refs/a')],
    ['images/refs', ({ images }: Repository) => images.setRef('a', image)],
  ] as const)('%s is told, not taken for an empty directory (%#)', async (place, action) => {
    const repository = await filledRepository(linuxSystem, true)
    moveOut(repository, place)
    expect(await codeOf(() => action(repository))).toBe('ERR_REPOSITORY_BAD_DIRECTORY')
  })

  test('streams and images is what init --reset-metadata removes, not what it leads to', async () => {
    const repository = await filledRepository(linuxSystem, true)
    const { path, system } = repository
    const outsides = ['streams', 'images'].map(place => moveOut(repository, place))
    const before = outsides.map(snapshot)
    await repository.close()
    await initRepository(path, { system, insecure: true, resetMetadata: true })
    expect(outsides.map(snapshot)).toEqual(before)
    expect(readdirSync(path).sort()).toEqual(['meta.json', 'objects'])
  })

  test('the repository itself is followed: the path is the choice of the caller', async () => {
    const { path, system } = await filledRepository(linuxSystem, true)
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(path, link)
    const repository = await reopen(link, system)
    expect(repository.objects.put(Buffer.from('through')).isNew).toBe(true)
    expect((await checkRepository(repository)).ok).toBe(true)
  })
})

describe('the text of a link', () => {
  const hex = image.objectPath
  test.each([
    ['absolute', () => `/objects/${hex}`],
    ['up and away', () => `../../outside/objects/${hex}`],
    ['as long as a link can be', () => `../${'x/'.repeat(2000)}objects/${hex}`.slice(-4095)],
    ['a device', () => '/dev/zero'],
    ['itself', () => '../streams/bad'],
    ['a parent', () => '../..'],
  ])('(%s) leads nowhere but into objects', async (_, text) => {
    const repository = await filledRepository(linuxSystem, true)
    const { streams, objects, path } = repository
    symlinkSync(text(), join(path, 'streams', 'bad'))
    symlinkSync('../bad', join(path, 'streams', 'refs', 'bad'))
    symlinkSync(text(), join(path, 'images', nothing.hex))
    const digest = await codeOf(() => streams.lookup('bad'))
    if (digest === undefined) expect(objects.pathOf(image)).toBe(join(path, 'objects', hex))
    else expect(digest).toBe('ERR_REPOSITORY_BAD_LINK')
    expect(await codeOf(() => streams.open('refs/bad'))).toMatch(/^ERR_(REPOSITORY|SPLITSTREAM)_/)
    expect(await codeOf(() => repository.images.open(nothing))).toBe('ERR_REPOSITORY_BAD_LINK')
    expect((await checkRepository(repository)).ok).toBe(false)
  })
})

describe('a name', () => {
  const names = [
    '',
    '.',
    '..',
    '../x',
    'a/../../x',
    '/etc/x',
    'a//b',
    'a/',
    'a\0b',
    'x'.repeat(256),
    `${'x'.repeat(250)}/`.repeat(9),
    '\ud800',
  ]
  test.each(names.map(name => [JSON.stringify(name).slice(0, 40), name] as const))(
    'is refused wherever it is written: %s',
    async (_, name) => {
      const repository = await filledRepository(linuxSystem, true)
      const { streams, images, path } = repository
      const before = snapshot(join(path, '..'))
      const refused: readonly (() => unknown)[] = [
        () => streams.link(name, image),
        () => streams.setRef(name, 'one'),
        () => streams.setRef('new', name),
        () => streams.removeRef(name),
        () => images.setRef(name, image),
        () => images.removeRef(name),
        () => publish(repository, [{ kind: 'stream-ref', name, id: 'one' }]),
      ]
      for (const action of refused) {
        expect(await codeOf(action)).toBe('ERR_REPOSITORY_BAD_NAME')
      }
      expect(snapshot(join(path, '..'))).toEqual(before)
    },
  )

  test('of 255 bytes is one like any other', async () => {
    const repository = await filledRepository(linuxSystem, true)
    const name = `${'ä'.repeat(127)}x`
    repository.streams.link(name, image)
    repository.streams.setRef(`${name}/${name}`, name)
    expect(repository.streams.refTarget(`${name}/${name}`)).toBe(name)
  })
})
