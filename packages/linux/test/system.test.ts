import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fileSystemFacts,
  getXattr,
  linuxSystem,
  listXattrs,
  makeNode,
  removeXattr,
  setXattr,
  unlock,
} from '../src/index.ts'

const isRoot = process.getuid?.() === 0

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-linux-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function fresh(name: string): string {
  const path = join(directory, name)
  mkdirSync(path)
  return path
}

test('nothing is loaded before the first call', () => {
  const script = `
    import { readFileSync } from 'node:fs'
    import { linuxSystem } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const isLoaded = () => /koffi\\S*\\.node/.test(readFileSync('/proc/self/maps', 'utf8'))
    const before = isLoaded()
    linuxSystem.isReadOnly('/')
    console.log(before, isLoaded())
  `
  const options = ['--conditions=composefs-source', '--no-warnings', '--input-type=module']
  const { stdout } = spawnSync(process.execPath, [...options, '--eval', script])
  expect(stdout.toString()).toBe('false true\n')
})

describe('unnamed files', () => {
  test('get their content, their mode and one name', () => {
    const place = fresh('unnamed')
    const file = linuxSystem.createUnnamed(place, 0o640)
    if (file === undefined) return expect.unreachable('the temporary directory has no O_TMPFILE')
    expect(readdirSync(place)).toEqual([])
    writeSync(file, 'content')
    const reopened = linuxSystem.reopenReadOnly(file)
    closeSync(file)
    expect(() => writeSync(reopened, 'x')).toThrow(expect.objectContaining({ code: 'EBADF' }))
    const path = join(place, 'näme')
    expect(linuxSystem.linkUnnamed(reopened, path)).toBe('linked')
    expect(linuxSystem.linkUnnamed(reopened, path)).toBe('exists')
    const buffer = new Uint8Array(7)
    readSync(reopened, buffer, 0, 7, 0)
    closeSync(reopened)
    expect(buffer).toEqual(encodeUtf8('content'))
    expect(readFileSync(path, 'utf8')).toBe('content')
    expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask())
  })

  test.skipIf(!isRoot)('are not to be had where the file system has none (needs root)', () => {
    expect(linuxSystem.createUnnamed('/proc', 0o600)).toBeUndefined()
  })

  test('fail as the kernel says', () => {
    expect(() => linuxSystem.createUnnamed(join(directory, 'none'), 0o600)).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'open' }),
    )
    const file = linuxSystem.createUnnamed(directory, 0o600) ?? -1
    const path = join(directory, 'none', 'x')
    expect(() => linuxSystem.linkUnnamed(file, path)).toThrow(
      expect.objectContaining({ code: 'ENOENT', errno: -2, syscall: 'linkat', path }),
    )
    closeSync(file)
    // Without the right to link a descriptor it is looked for in /proc.
    expect(() => linuxSystem.linkUnnamed(-1, join(directory, 'x'))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(EBADF|ENOENT)$/) }),
    )
  })

  test('get a name whose path is bytes, of a user without rights too', () => {
    const place = fresh('bytes')
    chmodSync(directory, 0o755)
    chmodSync(place, 0o777)
    const program = `
      import { linuxSystem } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      if (process.getuid() === 0) process.seteuid(65534)
      for (const name of ['a', 'b', 'b']) {
        const file = linuxSystem.createUnnamed(${JSON.stringify(place)}, 0o600)
        console.log(linuxSystem.linkUnnamed(file, Buffer.from(${JSON.stringify(place)} + '/' + name)))
      }`
    const flags = ['--conditions=composefs-source', '--no-warnings', '--input-type=module']
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], {
      encoding: 'utf8',
    })
    expect([stdout, stderr]).toEqual(['linked\nlinked\nexists\n', ''])
    expect(readdirSync(place)).toEqual(['a', 'b'])
  })
})

describe('the size of a file', () => {
  const sizeOf = (path: string) => linuxSystem.fileSize(Buffer.from(path))

  test('is told of regular files, and no symlink is followed', () => {
    const place = fresh('size')
    const at = (name: string) => join(place, name)
    writeFileSync(at('empty'), '')
    writeFileSync(at('large'), '')
    truncateSync(at('large'), 2 ** 33 + 5)
    mkdirSync(at('directory'))
    symlinkSync('large', at('link'))
    const found = ['empty', 'large', 'directory', 'link', 'none', 'directory/none'].map(name =>
      sizeOf(at(name)),
    )
    expect(found).toEqual([0, 2 ** 33 + 5, 'directory', 'other', 'absent', 'absent'])
  })

  test('cannot be told of what no path leads to', () => {
    const place = fresh('no-size')
    writeFileSync(join(place, 'file'), '')
    const path = join(place, 'file', 'x')
    expect(() => sizeOf(path)).toThrow(
      expect.objectContaining({ code: 'ENOTDIR', syscall: 'statx', path }),
    )
    expect(() => sizeOf(join(place, 'x'.repeat(5000)))).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }),
    )
    expect(() => sizeOf(`${place}\0x`)).toThrow(TypeError)
  })
})

describe('renaming without replacing', () => {
  test('moves a file once', () => {
    const place = fresh('rename')
    const [a, b, c] = ['a', 'b', 'c'].map(name => join(place, name)) as [string, string, string]
    writeFileSync(a, 'a')
    writeFileSync(b, 'b')
    expect(linuxSystem.renameNoReplace(a, b)).toBe('exists')
    expect(readFileSync(b, 'utf8')).toBe('b')
    expect(linuxSystem.renameNoReplace(a, c)).toBe('renamed')
    expect(readdirSync(place)).toEqual(['b', 'c'])
    expect(() => linuxSystem.renameNoReplace(a, join(place, 'd'))).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'renameat2' }),
    )
  })
})

describe('paths', () => {
  test('with a NUL inside are refused before the kernel sees a shorter one', () => {
    expect(() => linuxSystem.isReadOnly('/\0x')).toThrow(TypeError)
    expect(() => linuxSystem.listXattrs(encodeUtf8('/\0x'))).toThrow(TypeError)
  })
})

describe('flock', () => {
  test('shared locks share, an exclusive one does not, and closing unlocks', () => {
    const place = fresh('lock')
    const [a, b] = [openSync(place, constants.O_RDONLY), openSync(place, constants.O_RDONLY)]
    expect(linuxSystem.tryLock(a, 'shared')).toBe(true)
    expect(linuxSystem.tryLock(b, 'shared')).toBe(true)
    expect(linuxSystem.tryLock(b, 'exclusive')).toBe(false)
    closeSync(a)
    expect(linuxSystem.tryLock(b, 'exclusive')).toBe(true)
    unlock(b)
    const c = openSync(place, constants.O_RDONLY)
    expect(linuxSystem.tryLock(c, 'exclusive')).toBe(true)
    closeSync(b)
    closeSync(c)
    expect(() => linuxSystem.tryLock(c, 'shared')).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'flock' }),
    )
  })
})

describe('xattrs', () => {
  const name = Uint8Array.from([...encodeUtf8('user.n'), 0xff])

  test('come and go, with names and values of any bytes', () => {
    const path = join(fresh('xattr'), 'file')
    writeFileSync(path, '')
    const value = Uint8Array.from({ length: 3000 }, (_, i) => i & 0xff)
    setXattr(path, name, value)
    setXattr(path, encodeUtf8('user.empty'), new Uint8Array(0))
    expect(listXattrs(encodeUtf8(path))).toEqual(
      expect.arrayContaining([name, encodeUtf8('user.empty')]),
    )
    expect(getXattr(encodeUtf8(path), name)).toEqual(value)
    expect(getXattr(path, encodeUtf8('user.empty'))).toEqual(new Uint8Array(0))
    expect(getXattr(path, encodeUtf8('user.none'))).toBeUndefined()
    expect(removeXattr(path, name)).toBe(true)
    expect(removeXattr(path, name)).toBe(false)
  })

  test('are told whole, however many names there are and however long a value is', () => {
    const path = join(fresh('xattr-many'), 'file')
    writeFileSync(path, '')
    const names = Array.from({ length: 9 }, (_, i) => encodeUtf8(`user.${i}${'n'.repeat(100)}`))
    const values = names.map((_, i) => new Uint8Array(i < 3 ? 511 + i : 1).fill(i))
    names.forEach((long, i) => {
      setXattr(path, long, values[i] as Uint8Array)
    })
    expect(listXattrs(path)).toEqual(expect.arrayContaining(names))
    expect(names.map(long => getXattr(path, long))).toEqual(values)
  })

  test('are those of a symlink, not of what it points to', () => {
    const place = fresh('xattr-link')
    const file = join(place, 'file')
    const link = join(place, 'link')
    writeFileSync(file, '')
    setXattr(file, name, new Uint8Array(1))
    symlinkSync('file', link)
    expect(listXattrs(link)).not.toContainEqual(name)
    expect(getXattr(link, name)).toBeUndefined()
    expect(() => setXattr(link, name, new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'EPERM', syscall: 'lsetxattr', path: link }),
    )
  })

  test('of a missing file are an error, of a file system without them none', () => {
    expect(() => listXattrs('/none')).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'llistxattr', path: '/none' }),
    )
    expect(() => getXattr('/none', name)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(getXattr('/proc/version', name)).toBeUndefined()
  })
})

describe('file systems', () => {
  test('say what they are', () => {
    const PROC_SUPER_MAGIC = 0x9fa0
    expect(fileSystemFacts('/proc').type).toBe(PROC_SUPER_MAGIC)
    expect(linuxSystem.isReadOnly(directory)).toBe(false)
    expect(fileSystemFacts(directory).availableBytes).toBeGreaterThan(0)
    expect(() => linuxSystem.isReadOnly('/none')).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'statfs' }),
    )
  })

  test('sync', () => {
    const file = openSync(directory, constants.O_RDONLY)
    linuxSystem.syncFileSystem(file)
    closeSync(file)
    expect(() => linuxSystem.syncFileSystem(file)).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    )
  })
})

describe('fs-verity where there is none', () => {
  test.each([SHA256, SHA512])('$name is unsupported on /proc', algorithm => {
    const file = openSync('/proc/version', constants.O_RDONLY)
    expect(linuxSystem.enableVerity(file, algorithm)).toBe('unsupported')
    expect(linuxSystem.measureVerity(file, algorithm)).toEqual({ state: 'unsupported' })
    closeSync(file)
    expect(() => linuxSystem.measureVerity(file, algorithm)).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'ioctl(FS_IOC_MEASURE_VERITY)' }),
    )
  })
})

describe('device nodes', () => {
  test('fifos need no privilege', () => {
    const path = join(directory, 'fifo')
    makeNode(path, 0o010600)
    expect(statSync(path).isFIFO()).toBe(true)
    expect(() => makeNode(path, 0o010600)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })

  test.skipIf(!isRoot)('have the number they are given (needs root)', () => {
    const path = join(directory, 'device')
    makeNode(path, 0o020600, (0x123 << 8) | 0x45 | (0x678 << 20))
    chmodSync(path, 0o600)
    const { rdev } = statSync(path, { bigint: true })
    expect(rdev).toBe(0x67812345n)
  })
})
