import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { type FileTree, writeDump } from '@composefs/tree'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createCountingObjectStore,
  createDigestIntake,
  createMemoryObjectStore,
  initRepository,
  openRepository,
  type Repository,
  type System,
  scanDirectory,
} from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'
import { objectHelpers } from './object-threads.ts'

const system = linuxSystem
/** Files that are open below a directory: threads open some of their own. */
const openFiles = (root: string) =>
  readdirSync('/proc/self/fd').filter(file => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`).startsWith(root)
    } catch {
      return false
    }
  })
const dump = (tree: FileTree) => Buffer.concat([...writeDump(tree)]).toString('latin1')

/** Files of all sizes that are dealt with in different ways, in many directories, with second names. */
function fill(root: string): void {
  const sizes = [0, 1, 64, 65, 4096, 4097, 300_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]
  for (let i = 0; i < 150; i++) {
    const directory = join(root, `d${i % 7}`, `e${i}`)
    mkdirSync(directory, { recursive: true })
    const size = i < sizes.length ? (sizes[i] as number) : i * 3
    writeFileSync(join(directory, 'file'), Buffer.alloc(size, `${i} `))
    linkSync(join(directory, 'file'), join(directory, 'again'))
    linkSync(join(directory, 'file'), join(root, `a link to ${i}`))
    symlinkSync('file', join(directory, 'symlink'))
  }
}

async function newRepository(threads: number): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, algorithm: SHA256, insecure: true })
  const repository = await openRepository(path, { system, helpers: objectHelpers(threads) })
  onTestFinished(() => repository.close())
  repository.slots.startHelpers()
  return repository
}

describe.each([
  ['without helpers', 0],
  ['with a helper', 1],
])('the scan of a directory %s', (_, threads) => {
  test('gives the tree, and stores the files', async () => {
    const root = temporaryDirectory()
    fill(root)
    const memory = createMemoryObjectStore(SHA256)
    const expected = dump(await scanDirectory(root, { objects: memory, system }))
    const repository = await newRepository(threads)
    const { objects, intake } = repository
    const tree = await scanDirectory(root, { objects, intake, system })
    expect(dump(tree)).toBe(expected)
    expect(openFiles(root)).toEqual([])
    expect(repository.hasUnsynced).toBe(true)
    const content = tree.lookupPath(encodeUtf8('/d6/e6/file'))
    const leaf = content === undefined ? undefined : tree.content(content)
    if (leaf?.kind !== 'external') throw new Error('no object')
    expect(objects.read(leaf.digest)).toEqual(
      new Uint8Array(readFileSync(join(root, 'd6', 'e6', 'file'))),
    )
    for (const hardlinks of ['keep', 'split'] as const) {
      const again = await scanDirectory(root, { objects, intake, system, hardlinks })
      const plain = await scanDirectory(root, { objects: memory, system, hardlinks })
      expect(dump(again)).toBe(dump(plain))
    }
  })

  test('computes digests where nothing is stored', async () => {
    const root = temporaryDirectory()
    fill(root)
    const objects = createCountingObjectStore(SHA256)
    const expected = dump(await scanDirectory(root, { objects, system }))
    const intake = createDigestIntake({
      algorithm: SHA256,
      hashing: nodeHashing,
      helpers: objectHelpers(threads),
    })
    onTestFinished(() => intake.slots.close())
    intake.slots.startHelpers()
    expect(dump(await scanDirectory(root, { objects, intake, system }))).toBe(expected)
  })

  test.each([
    ['grew', (path: string) => appendFileSync(path, 'x'), 'ERR_REPOSITORY_SCAN_CHANGED'],
    [
      'is another one',
      (path: string) => {
        // Kept by another name, so that the new one cannot be the same file.
        linkSync(path, join(mkdtempSync(join(path, '..', 'd')), 'kept'))
        rmSync(path)
        writeFileSync(path, Buffer.alloc(100))
      },
      'ERR_REPOSITORY_SCAN_CHANGED',
    ],
    ['is gone', (path: string) => rmSync(path), 'ENOENT'],
    [
      'is a symlink',
      (path: string) => {
        rmSync(path)
        symlinkSync('/etc/passwd', path)
      },
      'ELOOP',
    ],
  ])('fails for a file that %s', async (_, change, code) => {
    const root = temporaryDirectory()
    const path = join(root, 'file')
    writeFileSync(path, Buffer.alloc(100))
    const repository = await newRepository(threads)
    const { objects, intake } = repository
    let isChanged = false
    const changing: Pick<System, 'listXattrs' | 'getXattr'> = {
      listXattrs(at) {
        if (!isChanged && Buffer.from(at).toString().endsWith('/file')) {
          isChanged = true
          change(path)
        }
        return []
      },
      getXattr: () => undefined,
    }
    const error = await scanDirectory(root, { objects, intake, system: changing }).catch(e => e)
    expect(error).toMatchObject({ code })
    expect(error.facts?.path ?? error.path).toBe(path)
    expect(openFiles(root)).toEqual([])
  })

  test('fails with the error of who stores, as it is', async () => {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'file'), Buffer.alloc(100))
    const repository = await newRepository(threads)
    const { objects, intake, path } = repository
    symlinkSync('/tmp', join(path, 'objects'))
    const error = await scanDirectory(root, { objects, intake, system }).catch(e => e)
    expect(error).toMatchObject({
      name: 'RepositoryError',
      code: 'ERR_REPOSITORY_BAD_DIRECTORY',
      facts: { path: join(path, 'objects') },
    })
  })
})
