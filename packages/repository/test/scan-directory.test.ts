import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem, setXattr } from '@composefs/linux'
import { type FileTree, writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import {
  createCountingObjectStore,
  createMemoryObjectStore,
  type ObjectStore,
  type ScanOptions,
  scanDirectory,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'

const isRoot = process.getuid?.() === 0
const owner = `${process.getuid?.()} ${process.getgid?.()}`

/** Scans without xattrs, since the file system may add its own. */
function scan(path: string, options: Partial<ScanOptions> = {}): Promise<FileTree> {
  const objects = createMemoryObjectStore(SHA256)
  return scanDirectory(path, { objects, system: linuxSystem, xattrs: 'none', ...options })
}

/** Gives files the same age and the usual permissions, so that dumps are the same everywhere. */
function settle(root: string, ...names: string[]): void {
  chmodSync(root, 0o755)
  for (const name of [...names, '.']) lutimesSync(join(root, name), 1000.25, 1000.25)
}

function dump(tree: FileTree): string[] {
  return Buffer.concat([...writeDump(tree)])
    .toString('latin1')
    .trimEnd()
    .split('\n')
}

const time = '1000.250000000'

describe('a directory', () => {
  test('with every type of file', async () => {
    const root = temporaryDirectory()
    const large = new Uint8Array(65).fill(7)
    mkdirSync(join(root, 'd'), 0o755)
    writeFileSync(join(root, 'd', 'empty'), '', { mode: 0o644 })
    writeFileSync(join(root, 'inline'), new Uint8Array(64).fill(0x61), { mode: 0o644 })
    writeFileSync(join(root, 'large'), large, { mode: 0o644 })
    chmodSync(join(root, 'large'), 0o4755)
    writeFileSync(join(root, '.wh.x'), 'x', { mode: 0o644 })
    symlinkSync('no/where', join(root, 'link'))
    execFileSync('mkfifo', ['-m', '600', join(root, 'pipe')])
    settle(root, 'd/empty', 'd', 'inline', 'large', '.wh.x', 'link', 'pipe')
    const objects = createMemoryObjectStore(SHA256)
    const digest = fsverityDigest(large, { algorithm: SHA256, hashing: nodeHashing })
    expect(dump(await scan(root, { objects }))).toEqual([
      `/ 0 40755 3 ${owner} 0 ${time} - - -`,
      `/.wh.x 1 100644 1 ${owner} 0 ${time} - x -`,
      `/d 0 40755 2 ${owner} 0 ${time} - - -`,
      `/d/empty 0 100644 1 ${owner} 0 ${time} - - -`,
      `/inline 64 100644 1 ${owner} 0 ${time} - ${'a'.repeat(64)} -`,
      `/large 65 104755 1 ${owner} 0 ${time} ${digest.objectPath} - ${digest.hex}`,
      `/link 8 120777 1 ${owner} 0 ${time} no/where - -`,
      `/pipe 0 10600 1 ${owner} 0 ${time} - - -`,
    ])
    expect(objects.read(digest)).toEqual(large)
  })

  test('with a socket', async () => {
    const root = temporaryDirectory()
    await using _server = createServer().listen(join(root, 'socket'))
    expect(dump(await scan(root))[1]).toMatch(/^\/socket 0 140\d{3} 1 /)
  })

  test.skipIf(!isRoot)('with devices and owners (needs root)', async () => {
    const root = temporaryDirectory()
    execFileSync('mknod', ['-m', '600', join(root, 'blk'), 'b', '4095', '1048575'])
    execFileSync('mknod', ['-m', '600', join(root, 'null'), 'c', '1', '3'])
    execFileSync('mknod', ['-m', '600', join(root, 'whiteout'), 'c', '0', '0'])
    chownSync(join(root, 'null'), 2 ** 32 - 2, 70000)
    settle(root, 'blk', 'null', 'whiteout')
    expect(dump(await scan(root)).slice(1)).toEqual([
      `/blk 0 60600 1 0 0 4294967295 ${time} - - -`,
      `/null 0 20600 1 4294967294 70000 259 ${time} - - -`,
      `/whiteout 0 20600 1 0 0 0 ${time} - - -`,
    ])
    expect(dump(await scan(root, { skipDevices: true }))).toHaveLength(1)
  })

  test('with names that are no text, in bytes order', async () => {
    const root = temporaryDirectory()
    for (const name of [[0xff], [0x20], [0x61, 0x0a], [0xc3, 0xa4]]) {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]), '')
    }
    const names = dump(await scan(root)).map(line => line.split(' ')[0])
    expect(names).toEqual(['/', '/\\x20', '/a\\n', '/\\xc3\\xa4', '/\\xff'])
  })

  test('with hard links, also of symlinks', async () => {
    const root = temporaryDirectory()
    mkdirSync(join(root, 'd'))
    writeFileSync(join(root, 'd', 'b'), 'x')
    linkSync(join(root, 'd', 'b'), join(root, 'a'))
    symlinkSync('t', join(root, 's1'))
    linkSync(join(root, 's1'), join(root, 's2'))
    const lines = dump(await scan(root))
    expect(lines[1]).toMatch(/^\/a 1 100\d{3} 2 /)
    expect(lines[3]).toBe('/d/b 0 @120000 - - - - 0.0 /a - -')
    expect(lines[5]).toBe('/s2 0 @120000 - - - - 0.0 /s1 - -')
    expect(dump(await scan(root, { hardlinks: 'split' })).join()).not.toContain('@')
  })

  test('with a time before 1970 and nanoseconds, or none at all', async () => {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'f'), '')
    execFileSync('touch', ['-d', '@-2.500000001', join(root, 'f')])
    expect(dump(await scan(root))[1]).toContain(' -3.499999999 ')
    expect(dump(await scan(root, { useEpoch: true }))[1]).toContain(' 0.0 ')
  })

  test('with files of every size around the limits', async () => {
    const root = temporaryDirectory()
    const sizes = [0, 1, 64, 65, 4096, 262_144, 262_145, 1_048_576, 2_500_000]
    for (const size of sizes) {
      const data = new Uint8Array(size)
      for (let i = 0; i < size; i++) data[i] = i % 251
      writeFileSync(join(root, String(size)), data)
    }
    for (const algorithm of [SHA256, SHA512]) {
      const objects = createMemoryObjectStore(algorithm)
      const tree = await scan(root, { objects })
      const counted = await scan(root, { objects: createCountingObjectStore(algorithm) })
      expect(dump(counted)).toEqual(dump(tree))
      for (const size of sizes) {
        const content = tree.content(tree.lookupPath(encodeUtf8(`/${size}`)) ?? -1)
        expect(content.kind).toBe(size > 64 ? 'external' : 'inline')
        const data = content.kind === 'external' ? objects.read(content.digest) : new Uint8Array(0)
        if (content.kind === 'external') {
          expect(data.length).toBe(size)
          expect(data.every((byte, i) => byte === i % 251)).toBe(true)
        }
      }
    }
  })

  test('with a sparse file, whose holes are zeros', async () => {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'sparse'), '')
    truncateSync(join(root, 'sparse'), 5000)
    const digest = fsverityDigest(new Uint8Array(5000), { algorithm: SHA256, hashing: nodeHashing })
    expect(dump(await scan(root))[1]).toContain(digest.hex)
  })
})

describe('xattrs', () => {
  /** A root with xattrs; undefined where the file system has none. */
  function withXattrs(): string | undefined {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'f'), '')
    try {
      for (const path of [root, join(root, 'f')]) {
        setXattr(encodeUtf8(path), encodeUtf8('user.b'), encodeUtf8('2'))
        setXattr(encodeUtf8(path), encodeUtf8('user.a'), new Uint8Array(0))
      }
    } catch {
      return undefined
    }
    return root
  }

  test('are read of directories and files', async context => {
    const root = withXattrs()
    if (root === undefined) return context.skip('the file system has no user xattrs')
    for (const line of dump(await scan(root, { xattrs: 'user' }))) {
      expect(line).toMatch(/ - - - user\.a= user\.b=2$/)
    }
    expect(dump(await scan(root, { xattrs: 'all' })).join()).toContain('user.a= user.b=2')
    expect(dump(await scan(root, { xattrs: 'none' })).join()).not.toContain('user.a')
  })

  test.skipIf(!isRoot)(
    'of links and of the system are seen by root (needs root)',
    async context => {
      const root = temporaryDirectory()
      symlinkSync('t', join(root, 's'))
      try {
        setXattr(encodeUtf8(join(root, 's')), encodeUtf8('trusted.x'), encodeUtf8('1'))
      } catch {
        return context.skip('the file system has no trusted xattrs')
      }
      expect(dump(await scan(root, { xattrs: 'all' }))[1]).toContain(' t - - trusted.x=1')
      expect(dump(await scan(root, { xattrs: 'user' }))[1]).not.toContain('trusted')
    },
  )
})

describe('what is given', () => {
  test('may be a link only with a slash behind it', async () => {
    const root = temporaryDirectory()
    mkdirSync(join(root, 'd'))
    writeFileSync(join(root, 'd', 'f'), '')
    symlinkSync('d', join(root, 'link'))
    expect(await codeOf(() => scan(join(root, 'link')))).toMatch(/^(ENOTDIR|ELOOP)$/)
    expect(dump(await scan(join(root, 'link/')))).toHaveLength(2)
  })

  test.each([
    ['a file', 'f', 'ENOTDIR'],
    ['nothing', 'nothing', 'ENOENT'],
  ])('must not be %s', async (_, name, code) => {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'f'), '')
    const error = await scan(join(root, name)).catch(error => error)
    expect(error).toMatchObject({ code, path: join(root, name) })
    expect(error.message).toContain(join(root, name))
  })

  test('has nothing to do with a repository that is full', async () => {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'small'), 'x'.repeat(100))
    const path = '/repository/objects'
    const fail = () => {
      const error = new Error('ENOSPC: no space left on device, write')
      throw Object.assign(error, { code: 'ENOSPC', errno: -28, syscall: 'write', path })
    }
    const objects = {
      ...createMemoryObjectStore(SHA256),
      algorithm: SHA256,
      put: fail,
      create: fail,
    }
    await expect(scan(root, { objects })).rejects.toMatchObject({ code: 'ENOSPC', path })
    writeFileSync(join(root, 'small'), 'x'.repeat(1_000_000))
    await expect(scan(root, { objects })).rejects.toMatchObject({ code: 'ENOSPC', path })
  })

  test('is read until the signal aborts', async () => {
    const root = temporaryDirectory()
    for (let i = 0; i < 1000; i++) writeFileSync(join(root, String(i)), '')
    const controller = new AbortController()
    const scanning = scan(root, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(scanning).rejects.toThrow('enough')
  })
})

describe('a directory that changes', () => {
  /** An object store that runs `change` before it takes content. */
  function changing(change: () => void): ObjectStore {
    const objects = createMemoryObjectStore(SHA256)
    return {
      ...objects,
      algorithm: SHA256,
      put: content => {
        change()
        return objects.put(content)
      },
      create: () => {
        const writer = objects.create()
        return {
          write: chunk => {
            change()
            writer.write(chunk)
          },
          finish: () => writer.finish(),
          abort: () => writer.abort(),
        }
      },
    } as ObjectStore
  }

  test.each([
    ['grows', 1000, (path: string) => appendFileSync(path, 'x')],
    ['shrinks', 1000, (path: string) => truncateSync(path, 10)],
    ['is written to', 1000, (path: string) => writeFileSync(path, new Uint8Array(1000))],
    ['grows and is large', 3_000_000, (path: string) => appendFileSync(path, 'x')],
    ['shrinks and is large', 3_000_000, (path: string) => truncateSync(path, 2_000_000)],
  ])('is refused when a file in it %s', async (_, size, change) => {
    const root = temporaryDirectory()
    const path = join(root, 'f')
    writeFileSync(path, new Uint8Array(size))
    lutimesSync(path, 1000, 1000)
    const error = await scan(root, { objects: changing(() => change(path)) }).catch(error => error)
    expect(error).toMatchObject({ code: 'ERR_REPOSITORY_SCAN_CHANGED', facts: { path } })
  })

  test('does not lead the scan elsewhere', async () => {
    const outside = temporaryDirectory()
    writeFileSync(join(outside, 'secret'), '')
    const root = temporaryDirectory()
    mkdirSync(join(root, 'd', 'e'), { recursive: true })
    writeFileSync(join(root, 'd', 'e', 'f'), '')
    let seen = 0
    const tree = await scan(root, {
      xattrs: 'all',
      system: {
        listXattrs: () => {
          // The third one asked is e: d and e are open by now.
          if (++seen === 3) {
            renameSync(join(root, 'd'), join(root, 'moved'))
            symlinkSync(outside, join(root, 'd'))
          }
          return []
        },
        getXattr: () => undefined,
      },
    })
    expect(dump(tree).map(line => line.split(' ')[0])).toEqual(['/', '/d', '/d/e', '/d/e/f'])
  })

  test('is refused when a file in it goes, which the error names', async () => {
    const root = temporaryDirectory()
    mkdirSync(join(root, 'a'))
    writeFileSync(join(root, 'b'), '')
    let asked = 0
    const system = {
      listXattrs: () => {
        // The second one asked is a, when the names of the root are known.
        if (++asked === 2) rmSync(join(root, 'b'))
        return []
      },
      getXattr: () => undefined,
    }
    const error = await scan(root, { xattrs: 'all', system }).catch(error => error)
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'lstat', path: join(root, 'b') })
    expect(error.message).toContain(join(root, 'b'))
  })
})
