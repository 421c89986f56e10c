import { type Dir, type Dirent, opendirSync, readdirSync, statSync } from 'node:fs'
import { isErrno } from './errors.ts'

/** Entries that are read at once. */
const BATCH = 256
/**
 * A directory up to this size is read by one call: to read it bit by bit takes twice as long when it has a few dozen
 * names, as the directories of objects have. File systems count bytes, at least 20 a name, or names (ZFS), so that it
 * has 65,536 of them at most; one that counts nothing says 0.
 */
const SMALL_SIZE = 1 << 16
/** Between the name and the type in a key. No name has it, and it comes before all bytes of names. */
const END = '\0'

/** The questions that tell the type of an entry; their places are what keys keep of it. */
const TYPES = [
  'isFile',
  'isDirectory',
  'isSymbolicLink',
  'isFIFO',
  'isSocket',
  'isCharacterDevice',
  'isBlockDevice',
] as const

/** An entry of a directory. */
export type DirectoryEntry = Pick<Dirent<Buffer>, 'name' | (typeof TYPES)[number]>

/** The entries of a directory sorted by name (bytes); none when there is no such directory. */
export function readDirectory(path: string | Buffer): Iterable<DirectoryEntry> {
  // Sorting needs them all, and somebody may have made a million: one short string each, not an object with a buffer.
  const keys: string[] = []
  for (const entry of streamDirectory(path, 'buffer')) {
    keys.push(entry.name.toString('latin1') + END + TYPES.findIndex(is => entry[is]()))
  }
  return entriesOfKeys(keys.sort())
}

function* entriesOfKeys(keys: readonly string[]): Generator<DirectoryEntry> {
  for (const key of keys) yield entryOf(key)
}

function entryOf(key: string): DirectoryEntry {
  const end = key.indexOf(END)
  const type = TYPES[Number(key.slice(end + 1))]
  const is = (asked: (typeof TYPES)[number]) => () => type === asked
  return {
    name: Buffer.from(key.slice(0, end), 'latin1'),
    isFile: is('isFile'),
    isDirectory: is('isDirectory'),
    isSymbolicLink: is('isSymbolicLink'),
    isFIFO: is('isFIFO'),
    isSocket: is('isSocket'),
    isCharacterDevice: is('isCharacterDevice'),
    isBlockDevice: is('isBlockDevice'),
  }
}

/**
 * Yields the entries of a directory as they come, so that one with a million names is never in memory as a whole; none
 * when there is no such directory.
 *
 * @param encoding of the names: strings of latin1 have every byte, cost less than buffers, and are no paths
 */
export function streamDirectory(path: string, encoding: 'latin1'): Generator<Dirent>
export function streamDirectory(
  path: string | Buffer,
  encoding: 'buffer',
): Generator<Dirent<Buffer>>
export function* streamDirectory(
  path: string | Buffer,
  encoding: 'latin1' | 'buffer',
): Generator<unknown> {
  const small = readSmallDirectory(path, encoding)
  if (small !== undefined) {
    yield* small
    return
  }
  const directory = openDirectory(path, encoding)
  if (directory === undefined) return
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry
  } finally {
    directory.closeSync()
  }
}

/** The entries of a directory that is small; undefined for all else. */
function readSmallDirectory(
  path: string | Buffer,
  encoding: 'latin1' | 'buffer',
): unknown[] | undefined {
  if (!isSmall(path)) return undefined
  return unlessMissing(() =>
    readdirSync(path, { encoding: encoding as BufferEncoding, withFileTypes: true }),
  )
}

function isSmall(path: string | Buffer): boolean {
  try {
    const { size } = statSync(path)
    return size > 0 && size <= SMALL_SIZE
  } catch {
    // Opening it will tell what is wrong.
    return false
  }
}

function openDirectory(path: string | Buffer, encoding: 'latin1' | 'buffer'): Dir | undefined {
  // The types know no 'buffer' here.
  return unlessMissing(() =>
    opendirSync(path, { encoding: encoding as BufferEncoding, bufferSize: BATCH }),
  )
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}
