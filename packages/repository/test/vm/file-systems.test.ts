import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkRepository, initRepository, openRepository, publish } from '../../src/index.ts'
import { codeOf } from '../code-of.ts'
import { temporaryDirectory } from '../directories.ts'
import { whyNoVerity } from './verity-ability.ts'

const why = whyNoVerity() ?? whyNoLoops()
const system = linuxSystem
/** Bytes of a file system. */
const SIZE = 24 << 20

describe.skipIf(why !== undefined)(`file systems${why ? ` (${why})` : ''}`, () => {
  test.each<[string, readonly string[] | undefined]>([
    // Linux up to 6.2 does not even mount these with fs-verity. Later ones have it, in blocks of the same size at most.
    ['ext4 with blocks of 1 KiB', ['-b', '1024', '-O', 'verity']],
    ['ext4 with blocks of 2 KiB', ['-b', '2048', '-O', 'verity']],
    ['ext4 without fs-verity', ['-b', '4096', '-O', '^verity']],
    ['tmpfs', undefined],
  ])('%s holds insecure repositories only, and says why', async (_, ext4) => {
    const directory = temporaryDirectory()
    if (!(ext4 === undefined ? mountTmpfs(directory) : mountExt4(directory, ext4))) return
    const path = join(directory, 'mounted', 'repository')
    const refused = await initRepository(path, { system, algorithm: SHA256 }).catch(error => error)
    expect(refused).toMatchObject({ code: 'ERR_REPOSITORY_VERITY_UNSUPPORTED' })
    expect(readdirSync(join(directory, 'mounted'))).not.toContain('repository')
    await initRepository(path, { system, algorithm: SHA256, insecure: true })
    const requireVerity = true
    expect(await codeOf(() => openRepository(path, { system, requireVerity }))).toBe(
      'ERR_REPOSITORY_INSECURE',
    )
    await using repository = await openRepository(path, { system, mode: 'write' })
    expect(repository.secure).toBe(false)
    const { objects, streams } = repository
    const contents = [0, 10, 1024, 5000, 100_000].map(size => Buffer.alloc(size, `${size} `))
    const writer = streams.createWriter('ocilayer')
    for (const content of contents) {
      const { digest, size } = objects.put(content)
      writer.writeExternal(digest, size)
      expect(objects.put(content)).toMatchObject({ digest, isNew: false })
      expect(Buffer.from(objects.read(digest))).toEqual(content)
    }
    publish(repository, [
      { kind: 'stream', id: 'layer', digest: await streams.store(writer) },
      { kind: 'stream-ref', name: 'layer', id: 'layer' },
    ])
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsChecked: 6 })
  })

  test('ext4 with blocks of 4 KiB on a loop device holds a secure one', async () => {
    const directory = temporaryDirectory()
    expect(mountExt4(directory, ['-b', '4096', '-O', 'verity'])).toBe(true)
    const path = join(directory, 'mounted', 'repository')
    await initRepository(path, { system, algorithm: SHA256 })
    await using repository = await openRepository(path, { system, requireVerity: true })
    expect(repository.secure).toBe(true)
    repository.objects.put(Buffer.alloc(5000, 'content '))
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsChecked: 1 })
  })
})

/** False when this kernel does not mount such a file system. */
function mountExt4(directory: string, options: readonly string[]): boolean {
  const image = join(directory, 'image')
  writeFileSync(image, '')
  truncateSync(image, SIZE)
  const made = run('mkfs.ext4', ['-q', '-F', ...options, image])
  expect(made).toMatchObject({ status: 0 })
  return mount(directory, ['-o', 'loop', image])
}

function mountTmpfs(directory: string): boolean {
  return mount(directory, ['-t', 'tmpfs', 'tmpfs'])
}

function mount(directory: string, args: readonly string[]): boolean {
  const target = join(directory, 'mounted')
  mkdirSync(target)
  if (run('mount', [...args, target]).status !== 0) return false
  onTestFinished(() => {
    expect(run('umount', [target])).toMatchObject({ status: 0 })
  })
  return true
}

function run(command: string, args: readonly string[]) {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  return spawnSync(command, args, { encoding: 'utf8', env })
}

function whyNoLoops(): string | undefined {
  try {
    accessSync('/dev/loop-control', constants.R_OK | constants.W_OK)
    return undefined
  } catch {
    return 'needs /dev/loop-control'
  }
}
