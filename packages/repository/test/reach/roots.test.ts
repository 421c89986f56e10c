import { rmSync, writeFileSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import {
  type Broken,
  explainObject,
  findDependents,
  measureRoots,
  type Repository,
  rootPath,
} from '../../src/index.ts'
import { addImage, addStream, newRepository } from './small-repository.ts'

/** Two apps on one base, an image of its own, and garbage. */
async function twoApps() {
  const repository = await newRepository()
  const [base, one, two, file, both, garbage] = [
    'of the base',
    'one alone',
    'two alone',
    'in the image',
    'in the image and in two',
    'nobody needs it',
  ].map(text => repository.put(text)) as [Digest, Digest, Digest, Digest, Digest, Digest]
  const baseLayer = await addStream(repository, 'base-layer', { objects: [base] })
  const oneLayer = await addStream(repository, 'one-layer', { objects: [one, one] })
  const twoLayer = await addStream(repository, 'two-layer', { objects: [two, both] })
  const image = addImage(repository, [file, both])
  const oneManifest = await addStream(repository, 'one', {
    named: { base: baseLayer, own: oneLayer },
  })
  const twoManifest = await addStream(repository, 'two', {
    named: { base: baseLayer, own: twoLayer, 'image.erofs': image },
  })
  repository.streams.setRef('oci/one', 'one')
  repository.streams.setRef('oci/two', 'two')
  repository.streams.setRef('oci/again', 'two')
  repository.images.setRef('the/image', image)
  const files = { base, one, two, file, both, garbage }
  const streams = { baseLayer, oneLayer, twoLayer, oneManifest, twoManifest }
  return { repository, objects: { ...files, ...streams, image } }
}

describe('which roots need an object', () => {
  test('of many streams, each with some of many roots', async () => {
    const repository = await newRepository()
    const object = repository.put('everywhere')
    const layers = await Promise.all(
      [0, 1, 2, 3].map(number =>
        addStream(repository, `layer${number}`, { objects: [object, repository.put(`${number}`)] }),
      ),
    )
    const wanted: string[] = []
    for (let number = 0; number < 32; number++) {
      const named = Object.fromEntries(
        layers.flatMap((layer, bit) => ((number >> bit) & 1 ? [[`layer${bit}`, layer]] : [])),
      )
      await addStream(repository, `manifest${number}`, { named })
      repository.streams.setRef(`many/${number}`, `manifest${number}`)
      if (number % 16 !== 0) wanted.push(`streams/refs/many/${number}`)
    }
    const asked = [object, ...layers]
    const dependents = await findDependents(repository, asked)
    const found = asked.map(({ hex }) => dependents.get(hex)?.map(rootPath).sort())
    const withBit = (bit: number) =>
      wanted.filter(path => (Number(path.slice(path.lastIndexOf('/') + 1)) >> bit) & 1).sort()
    expect(found).toEqual([wanted.sort(), ...layers.keys().map(withBit)])
  })

  test('of streams, by way of streams, and of images', async () => {
    const { repository, objects } = await twoApps()
    const dependents = await findDependents(repository, Object.values(objects))
    const found = Object.entries(objects).map(([name, { hex }]) => [
      name,
      (dependents.get(hex) ?? []).map(rootPath).sort(),
    ])
    const [image, again, one, two] = [
      'images/refs/the/image',
      'streams/refs/oci/again',
      'streams/refs/oci/one',
      'streams/refs/oci/two',
    ]
    expect(Object.fromEntries(found)).toEqual({
      base: [again, one, two],
      one: [one],
      two: [again, two],
      // What a stream names and is no stream is needed, but not opened.
      file: [image],
      both: [image, again, two],
      garbage: [],
      baseLayer: [again, one, two],
      oneLayer: [one],
      twoLayer: [again, two],
      image: [image, again, two],
      oneManifest: [one],
      twoManifest: [again, two],
    })
  })

  test('objects that are missing, and beside what is broken', async () => {
    const { repository, objects } = await twoApps()
    rmSync(repository.layout.object(objects.base))
    rmSync(repository.layout.object(objects.oneLayer))
    const broken: Broken[] = []
    const dependents = await findDependents(repository, [objects.base, objects.oneLayer], {
      onBroken: what => broken.push(what),
    })
    expect(dependents.get(objects.base.hex)).toHaveLength(3)
    expect(dependents.get(objects.oneLayer.hex)?.map(rootPath)).toEqual(['streams/refs/oci/one'])
    expect(broken).toEqual([
      {
        path: 'streams/one-layer',
        reason: `no object ${objects.oneLayer.hex}`,
        neededBy: 'streams/refs/oci/one',
        remedy: 'remove',
      },
    ])
  })

  test('streams that refer to each other in a circle', async () => {
    const repository = await newRepository()
    const a = await addStream(repository, 'a', {})
    const b = await addStream(repository, 'b', { named: { a } })
    // Nobody can know a digest before its content; but a link may be to any object.
    repository.streams.link('c', b)
    repository.streams.setRef('b', 'b')
    repository.streams.setRef('c', 'c')
    const dependents = await findDependents(repository, [a])
    expect(dependents.get(a.hex)?.map(rootPath)).toEqual(['streams/refs/b', 'streams/refs/c'])
  })
})

describe('by which way roots keep an object', () => {
  const pathsTo = async (repository: Repository, object: Digest, roots?: readonly string[]) =>
    (await explainObject(repository, object, { roots })).map(({ path }) => path)

  test('a shortest one from each', async () => {
    const { repository, objects } = await twoApps()
    const last = (object: Digest) => `objects/${object.objectPath}`
    const { both, garbage, image, one, oneManifest } = objects
    const imageEntry = `images/${image.hex}`
    expect(await pathsTo(repository, both)).toEqual([
      ['images/refs/the/image', imageEntry, last(both)],
      ['streams/refs/oci/again', 'streams/two', 'own', last(both)],
      ['streams/refs/oci/two', 'streams/two', 'own', last(both)],
    ])
    expect(await pathsTo(repository, image)).toEqual([
      ['images/refs/the/image', imageEntry, last(image)],
      ['streams/refs/oci/again', 'streams/two', 'image.erofs', last(image)],
      ['streams/refs/oci/two', 'streams/two', 'image.erofs', last(image)],
    ])
    expect(await pathsTo(repository, one)).toEqual([
      ['streams/refs/oci/one', 'streams/one', 'own', last(one)],
    ])
    expect(await pathsTo(repository, oneManifest)).toEqual([
      ['streams/refs/oci/one', 'streams/one', last(oneManifest)],
    ])
    expect(await pathsTo(repository, garbage)).toEqual([])
  })

  test('entries that are roots because somebody says so', async () => {
    const { repository, objects } = await twoApps()
    repository.streams.removeRef('oci/one')
    const path = ['streams/one-layer', `objects/${objects.oneLayer.objectPath}`]
    expect(await pathsTo(repository, objects.oneLayer)).toEqual([])
    expect(await pathsTo(repository, objects.oneLayer, ['one-layer', 'nothing'])).toEqual([path])
  })

  test('from 64 roots at most', async () => {
    const repository = await newRepository()
    const stream = await addStream(repository, 'a', {})
    for (let i = 0; i < 70; i++) repository.streams.setRef(`ref-${i}`, 'a')
    expect(await explainObject(repository, stream)).toHaveLength(64)
  })
})

describe('what roots keep', () => {
  test('together, each, and each alone', async () => {
    const { repository, objects } = await twoApps()
    const { live, roots, unreferenced } = await measureRoots(repository)
    expect(live.objects + unreferenced.objects).toBe(Object.keys(objects).length)
    expect(unreferenced).toMatchObject({ objects: 1, bytes: 'nobody needs it'.length })
    expect(
      Object.fromEntries(
        roots.map(({ root, objects, unique }) => [rootPath(root), [objects, unique.objects]]),
      ),
    ).toEqual({
      'images/refs/the/image': [3, 1],
      'streams/refs/oci/again': [7, 0],
      'streams/refs/oci/one': [5, 3],
      'streams/refs/oci/two': [7, 0],
    })
  })

  test('an object that is missing counts for nobody', async () => {
    const { repository, objects } = await twoApps()
    const before = await measureRoots(repository)
    rmSync(repository.layout.object(objects.base))
    const after = await measureRoots(repository)
    expect(after.live.objects).toBe(before.live.objects - 1)
    expect(after.live.bytes).toBe(before.live.bytes - 'of the base'.length)
  })

  test('tells of what is broken, and of the rest all the same', async () => {
    const { repository } = await twoApps()
    writeFileSync(`${repository.layout.streams}/file`, '')
    const broken: string[] = []
    const { roots } = await measureRoots(repository, { onBroken: ({ path }) => broken.push(path) })
    expect(broken).toEqual(['streams/file'])
    expect(roots).toHaveLength(4)
  })
})
