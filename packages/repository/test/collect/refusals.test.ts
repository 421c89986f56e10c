import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesBelow, snapshot } from '@composefs/test-fixtures/damage'
import { describe, expect, test } from 'vitest'
import { collectGarbage, type Repository, type RepositoryError } from '../../src/index.ts'
import { addImage, addStream, newRepository } from '../reach/small-repository.ts'

/** A tag of a manifest of a layer, an image with a name, and garbage. */
async function tagged() {
  const repository = await newRepository()
  const file = repository.put('a file')
  const layer = await addStream(repository, 'layer', { objects: [file] })
  const manifest = await addStream(repository, 'manifest', { named: { layer } })
  repository.streams.setRef('oci/app', 'manifest')
  const image = addImage(repository, [file])
  repository.images.setRef('img', image)
  const garbage = repository.put('garbage')
  repository.sync()
  return { repository, file, layer, manifest, image, garbage }
}

type Tagged = Awaited<ReturnType<typeof tagged>>
const HEX = 'c'.repeat(64)

/** What is done to the repository, what is broken then, and whether ignoring it removes it. */
const CASES: readonly {
  readonly name: string
  spoil(parts: Tagged, path: (below: string) => string): void
  readonly path: string | ((parts: Tagged) => string)
  readonly reason: RegExp
  readonly remedy: 'removed' | 'skipped' | 'none'
}[] = [
  {
    name: 'a ref of a stream that leads nowhere',
    spoil: (_, path) => symlinkSync('../nowhere', path('streams/refs/lost')),
    path: 'streams/refs/lost',
    reason: /^points to nowhere, which is missing$/,
    remedy: 'removed',
  },
  {
    name: 'a ref of an image that leads nowhere',
    spoil: (_, path) => symlinkSync(`../${HEX}`, path('images/refs/lost')),
    path: 'images/refs/lost',
    reason: /^points to c+, which is missing$/,
    remedy: 'removed',
  },
  {
    name: 'a ref with a text that names nothing',
    spoil: (_, path) => symlinkSync('/etc/passwd', path('streams/refs/absolute')),
    path: 'streams/refs/absolute',
    reason: /^points to "\/etc\/passwd", no ref's target$/,
    remedy: 'removed',
  },
  {
    name: 'a file among the refs',
    spoil: (_, path) => writeFileSync(path('images/refs/file'), ''),
    path: 'images/refs/file',
    reason: /^is neither a symlink nor a directory$/,
    remedy: 'skipped',
  },
  {
    name: 'a file among the streams',
    spoil: (_, path) => writeFileSync(path('streams/file'), ''),
    path: 'streams/file',
    reason: /^is no symlink$/,
    remedy: 'skipped',
  },
  {
    name: 'a directory among the images',
    spoil: (_, path) => mkdirSync(path('images/directory')),
    path: 'images/directory',
    reason: /^is no symlink$/,
    remedy: 'skipped',
  },
  {
    name: 'a stream that names no object',
    spoil: (_, path) => symlinkSync('../objects/ab/cd', path('streams/odd')),
    path: 'streams/odd',
    reason: /^points to "\.\.\/objects\/ab\/cd", no object$/,
    remedy: 'removed',
  },
  {
    name: 'the object of a tag that is gone',
    spoil: ({ repository, manifest }) => rmSync(repository.layout.object(manifest)),
    path: 'streams/refs/oci/app',
    reason: /^no object [0-9a-f]{64}$/,
    remedy: 'removed',
  },
  {
    name: 'the object of a layer that is no splitstream',
    spoil: ({ repository, layer }) => writeFileSync(repository.layout.object(layer), 'no stream'),
    path: 'streams/layer',
    reason: /no header$/,
    remedy: 'removed',
  },
  {
    name: 'an image that cannot be read',
    spoil: ({ repository, image }) => writeFileSync(repository.layout.object(image), 'no image'),
    path: 'images/refs/img',
    reason: /has no superblock$/,
    remedy: 'removed',
  },
  {
    name: 'an image that is the object of another id',
    spoil: ({ image, file }, path) => {
      rmSync(path(`images/${image.hex}`))
      symlinkSync(`../objects/${file.objectPath}`, path(`images/${image.hex}`))
    },
    path: 'images/refs/img',
    reason: /^images\/[0-9a-f]{64} points to the other object/,
    remedy: 'removed',
  },
  {
    name: 'an object with the name of none',
    spoil: ({ garbage }, path) => writeFileSync(path(`objects/${garbage.hex.slice(0, 2)}/x`), ''),
    path: ({ garbage }) => `objects/${garbage.hex.slice(0, 2)}/x`,
    reason: /^the name is not that of an object$/,
    remedy: 'skipped',
  },
  {
    name: 'a symlink in the place of an object',
    spoil: ({ repository, garbage }) => {
      rmSync(repository.layout.object(garbage))
      symlinkSync('/etc/passwd', repository.layout.object(garbage))
    },
    path: ({ garbage }) => `objects/${garbage.objectPath}`,
    reason: /^is no regular file$/,
    remedy: 'skipped',
  },
  {
    name: 'a directory of objects that is a link to one elsewhere',
    spoil: ({ garbage }, path) => {
      const directory = path(`objects/${garbage.hex.slice(0, 2)}`)
      rmSync(directory, { recursive: true })
      symlinkSync('/tmp', directory)
    },
    path: ({ garbage }) => `objects/${garbage.hex.slice(0, 2)}`,
    reason: /^is no directory$/,
    remedy: 'none',
  },
]

describe.each(CASES)('$name', ({ path, reason, remedy, spoil }) => {
  async function spoiled() {
    const parts = await tagged()
    const { repository } = parts
    spoil(parts, below => join(repository.path, below))
    return { repository, culprit: typeof path === 'string' ? path : path(parts) }
  }

  test('stops the collection before anything is removed', async () => {
    const { repository, culprit } = await spoiled()
    const before = snapshot(repository.path)
    for (const dryRun of [true, false]) {
      const error = await refusal(repository, { dryRun })
      expect(error.facts.broken?.map(broken => broken.path)).toEqual([culprit])
      expect(error.facts.broken?.[0]?.reason).toMatch(reason)
      expect(error.facts.brokenCount).toBe(1)
      expect(error.message).toContain(culprit)
    }
    expect(snapshot(repository.path)).toEqual(before)
    expect(repository.lock).toBe('shared')
  })

  test.each([
    ['as it is told', (culprit: string) => culprit],
    ['without the first directory', (culprit: string) => culprit.slice(culprit.indexOf('/') + 1)],
  ])('can be ignored by its path %s, unless that is not safe', async (_, nameOf) => {
    const { repository, culprit } = await spoiled()
    const ignoreBroken = [nameOf(culprit)]
    const isThere = () => lstatSync(join(repository.path, culprit), { throwIfNoEntry: false })
    if (remedy === 'none') {
      await refusal(repository, { ignoreBroken })
      return
    }
    const dry = await collectGarbage(repository, { dryRun: true, ignoreBroken })
    expect(isThere()).toBeDefined()
    const result = await collectGarbage(repository, { ignoreBroken })
    expect({ ...result, dryRun: true }).toEqual(dry)
    expect(result.ignored).toEqual([culprit])
    expect(isThere() === undefined).toBe(remedy === 'removed')
    const isRef = /^\w+\/refs\//.test(culprit) && remedy === 'removed'
    expect(result.refsPruned).toBe(isRef ? 1 : 0)
    // Once is enough.
    if (remedy === 'removed') await collectGarbage(repository)
  })
})

describe('what is broken', () => {
  test('is told with the name that needs it', async () => {
    const { repository, layer } = await tagged()
    rmSync(repository.layout.object(layer))
    const { facts, message } = await refusal(repository)
    expect(facts.broken).toEqual([
      {
        path: 'streams/layer',
        reason: `no object ${layer.hex}`,
        neededBy: 'streams/refs/oci/app',
        remedy: 'remove',
      },
    ])
    expect(message).toContain('needed by streams/refs/oci/app')
  })

  test('is listed up to 64, and all is counted', async () => {
    const { repository } = await tagged()
    for (let i = 0; i < 100; i++) writeFileSync(join(repository.path, `streams/file-${i}`), '')
    const { facts } = await refusal(repository)
    expect(facts.broken).toHaveLength(64)
    expect(facts.brokenCount).toBe(100)
  })

  test('is not ignored when it is beyond what is listed', async () => {
    const { repository } = await tagged()
    const ignoreBroken: string[] = []
    for (let i = 0; i < 10_000; i++) {
      ignoreBroken.push(`streams/a${i}`)
      writeFileSync(join(repository.path, `streams/a${i}`), '')
    }
    writeFileSync(join(repository.path, 'streams/z'), '')
    const { facts, message } = await refusal(repository, { ignoreBroken })
    expect(facts).toMatchObject({ broken: [], brokenCount: 1 })
    expect(message).toContain('more than 10000 things are broken')
  })

  test('is not ignored by a name that two things have', async () => {
    const { repository } = await tagged()
    symlinkSync('../nowhere', join(repository.path, 'streams/refs/x'))
    symlinkSync('../nowhere', join(repository.path, 'images/refs/x'))
    const ignoreBroken = ['refs/x']
    expect((await refusal(repository, { ignoreBroken })).facts.brokenCount).toBe(2)
    const result = await collectGarbage(repository, {
      ignoreBroken: ['streams/refs/x', 'images/refs/x'],
    })
    expect(result.refsPruned).toBe(2)
  })

  test('is not what is good: names of that are told, and stay', async () => {
    const { repository } = await tagged()
    const ignoreBroken = ['streams/refs/oci/app', 'no/such/thing']
    const result = await collectGarbage(repository, { ignoreBroken })
    expect(result.unusedIgnores).toEqual(ignoreBroken)
    expect(result).toMatchObject({ refsPruned: 0, objectsRemoved: 1, ignored: [] })
  })

  test('is no matter where no name leads there', async () => {
    const { repository } = await tagged()
    symlinkSync(`../objects/${'ab'}/${'0'.repeat(62)}`, join(repository.path, 'streams/dangling'))
    const result = await collectGarbage(repository)
    expect(result).toMatchObject({ streamsPruned: 1, objectsRemoved: 1 })
    expect(entriesBelow(repository.path).map(entry => entry.path)).not.toContain('streams/dangling')
  })
})

async function refusal(
  repository: Repository,
  options?: Parameters<typeof collectGarbage>[1],
): Promise<RepositoryError> {
  const error = await collectGarbage(repository, options).catch(error => error)
  expect(error).toMatchObject({
    name: 'RepositoryError',
    code: 'ERR_REPOSITORY_GC_REFUSED',
  })
  return error
}
