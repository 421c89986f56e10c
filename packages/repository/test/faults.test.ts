import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { createFaultySystem, FaultPlan, injectFileSystemFaults } from '@composefs/linux/faults'
import { FileTree, ROOT } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import {
  checkRepository,
  initRepository,
  openRepository,
  publish,
  type System,
} from '../src/index.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

// Every call that a repository makes fails once, one after the other. Whatever it is: the error comes out as it is,
// nothing stays open, no temporary file stays, what has a name is complete, and a second run does it all.

/** Errors, and the calls that may fail with them; undefined for all. */
const ERRORS: readonly (readonly [
  code: string,
  calls: readonly string[] | undefined,
  isLasting: boolean,
])[] = [
  ['EIO', undefined, false],
  [
    'ENOSPC',
    [
      'openSync',
      'writeSync',
      'mkdirSync',
      'symlinkSync',
      'renameSync',
      'linkSync',
      'fsyncSync',
      'createUnnamed',
      'linkUnnamed',
      'renameNoReplace',
      'enableVerity',
      'syncFileSystem',
    ],
    true,
  ],
  [
    'EMFILE',
    ['openSync', 'opendirSync', 'readFileSync', 'readdirSync', 'createUnnamed', 'reopenReadOnly'],
    true,
  ],
]

/** Nothing is lost with the power here, so nobody waits for the disk. */
const unsynced: System = { ...linuxSystem, syncFileSystem() {} }

const SYSTEMS: readonly (readonly [string, () => System, boolean])[] = [
  ['unnamed files', () => unsynced, false],
  ['temporary names', () => new SimulatedSystem(), false],
  ['fs-verity', () => new SimulatedSystem({ verity: true }), true],
]

const bytes = (size: number) => new Uint8Array(size).fill(size)
const openFiles = () => readdirSync('/proc/self/fd').length

/** Stores one of everything and names it. */
async function store(path: string, system: System): Promise<string[]> {
  await using repository = await openRepository(path, { system, mode: 'write' })
  const { objects, streams, images } = repository
  const small = objects.put(bytes(100)).digest
  const writer = objects.create()
  let large: Digest
  try {
    writer.write(bytes(5000))
    large = writer.finish().digest
  } finally {
    writer.abort()
  }
  const stream = streams.createWriter('oci_blob')
  stream.writeExternal(large, 5000)
  const layer = await streams.store(stream)
  const tree = new FileTree(SHA256)
  tree.addLeaf(ROOT, new TextEncoder().encode('file'), tree.metadata(ROOT), {
    kind: 'external',
    digest: small,
    size: 100,
  })
  const image = images.put(tree, 1).digest
  publish(repository, [
    { kind: 'stream', id: 'blob', digest: layer },
    { kind: 'stream-ref', name: 'oci/app', id: 'blob' },
    { kind: 'image', digest: image },
    { kind: 'image-ref', name: 'a/b', digest: image },
  ])
  // A name that moves, and one that goes.
  streams.setRef('oci/app', 'blob')
  streams.removeRef('oci/none')
  for await (const _piece of streams.cat('refs/oci/app'));
  images.open('refs/a/b').close()
  return [small, large, layer, image].map(digest => digest.hex)
}

describe.each(SYSTEMS)('a repository with %s', (_name, createSystem, isSecure) => {
  async function newRepository() {
    const path = join(temporaryDirectory(), 'repository')
    const system = createSystem()
    await initRepository(path, { system, algorithm: SHA256, insecure: !isSecure })
    return { path, system }
  }

  /** Runs `act` with faults; returns its error, if it had one. */
  async function underFaults(
    plan: FaultPlan,
    system: System,
    act: (system: System) => Promise<unknown>,
  ): Promise<unknown> {
    using _faults = injectFileSystemFaults(plan)
    try {
      await act(createFaultySystem(system, plan))
      return undefined
    } catch (error) {
      return error
    }
  }

  test.each(ERRORS)(
    'stands %s at every call of writing',
    async (code, calls, isLasting) => {
      const reference = await newRepository()
      const expected = await store(reference.path, reference.system)
      let isOver = false
      let nth = 1
      for (; !isOver; nth++) {
        const { path, system } = await newRepository()
        const plan = new FaultPlan({ nth, code, calls, isLasting, within: path })
        const before = openFiles()
        const error = await underFaults(plan, system, faulty => store(path, faulty))
        const { failed } = plan
        isOver = failed === undefined
        const where = `call ${nth}, ${failed?.name} ${failed?.path}`
        if (error !== undefined) expect(error, where).toMatchObject({ code })
        expect(openFiles(), where).toBe(before)
        const isCleanUp = failed?.name === 'unlinkSync'
        if (!isCleanUp) expect(temporaries(path), where).toEqual([])
        {
          await using repository = await openRepository(path, { system })
          const { findings } = await checkRepository(repository)
          expect(findings, where).toEqual([])
        }
        expect(await store(path, system), where).toEqual(expected)
      }
      // So many there are, or the test tests nothing.
      expect(nth).toBeGreaterThan(15)
    },
    180_000,
  )

  test.each(ERRORS)('stands %s at every call of init', async (code, calls, isLasting) => {
    let isOver = false
    for (let nth = 1; !isOver; nth++) {
      const parent = temporaryDirectory()
      const path = join(parent, 'a', 'repository')
      const system = createSystem()
      const plan = new FaultPlan({ nth, code, calls, isLasting, within: parent })
      const before = openFiles()
      const init = (system: System) => initRepository(path, { system, insecure: !isSecure })
      const error = await underFaults(plan, system, init)
      const { failed } = plan
      isOver = failed === undefined
      const where = `call ${nth}, ${failed?.name} ${failed?.path}`
      if (error !== undefined) expect(error, where).toMatchObject({ code })
      expect(openFiles(), where).toBe(before)
      // What could not be removed stays, and what was done before something was closed.
      const isCleanUp = ['unlinkSync', 'rmdirSync', 'closeSync'].includes(failed?.name ?? '')
      if (error !== undefined && !isCleanUp) expect(readdirSync(parent), where).toEqual([])
      expect((await init(system)).secure, where).toBe(isSecure)
    }
  })
})

function temporaries(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.(?:symlink|tmp-object)-/.test(name),
  )
}
