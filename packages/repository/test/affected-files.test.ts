import { truncateSync } from 'node:fs'
import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, type Metadata, ROOT } from '@composefs/tree'
import { expect, onTestFinished, test } from 'vitest'
import { affectedFiles, initRepository, openRepository, type Repository } from '../src/index.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

const METADATA: Metadata = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

async function createRepository(): Promise<Repository> {
  const path = temporaryDirectory()
  const system = new SimulatedSystem()
  await initRepository(path, { system, algorithm: SHA256, insecure: true })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

/** Stores an image with files of these names and objects; returns its id. */
function store(repository: Repository, files: readonly (readonly [string, Digest])[]): Digest {
  const tree = new FileTree(SHA256, METADATA)
  for (const [name, digest] of files) {
    tree.addLeaf(ROOT, encodeUtf8(name), METADATA, { kind: 'external', digest, size: 100 })
  }
  const { digest } = repository.images.put(tree, 1)
  repository.images.link(digest)
  return digest
}

const object = (byte: number) => new Digest(SHA256, new Uint8Array(32).fill(byte))

test('files that need an object are told with their images, no more than sixteen of them', async () => {
  const repository = await createRepository()
  const [bad, sound, nobodys] = [object(1), object(2), object(3)]
  const one = store(repository, [
    ['a', bad],
    ['b', sound],
    ['c\n', bad],
  ])
  const many = store(
    repository,
    Array.from({ length: 40 }, (_, i) => [`file${String(i).padStart(2, '0')}`, bad]),
  )
  const found = await affectedFiles(repository, [bad, nobodys])
  expect([...found.keys()]).toEqual([bad.hex])
  const { images, files, fileCount } = found.get(bad.hex) ?? {}
  const sorted = [one, many].map(({ hex }) => hex).sort()
  expect(images?.map(({ hex }) => hex)).toEqual(sorted)
  expect(fileCount).toBe(42)
  expect(files).toHaveLength(16)
  const ofOne = files?.filter(({ image }) => image.equals(one)).map(({ path }) => path)
  expect(ofOne).toEqual(sorted[0] === one.hex ? ['/a', '/c\n'] : [])
})

test('an image that is itself the object is told, and one that cannot be read is left out', async () => {
  const repository = await createRepository()
  const bad = object(1)
  const cut = store(repository, [['a', bad]])
  const whole = store(repository, [['b', bad]])
  truncateSync(repository.layout.object(cut), 4000)
  const found = await affectedFiles(repository, [bad, cut])
  expect(found.get(cut.hex)).toMatchObject({ images: [cut], files: [], fileCount: 0 })
  expect(found.get(bad.hex)?.files).toEqual([{ image: whole, path: '/b' }])
})

test('no objects, no reading', async () => {
  const repository = await createRepository()
  expect(await affectedFiles(repository, [])).toEqual(new Map())
})
