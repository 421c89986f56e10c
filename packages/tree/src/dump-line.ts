import { compareBytes } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import { DumpBuffer } from './dump-buffer.ts'
import type { Xattr } from './inode.ts'

/** What one line of a dump says of an entry that is not a second name. */
export interface DumpEntry {
  readonly path: Uint8Array
  /** Bytes of a regular file or of a symlink's target, else 0. */
  readonly size: number
  /** Type and permission bits. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  readonly rdev: number | bigint
  readonly mtimeSeconds: bigint
  readonly mtimeNanoseconds: number
  /** Symlink target, or payload where it is not the object path of `digest`. */
  readonly payload?: Uint8Array | undefined
  /** Inline data. */
  readonly content?: Uint8Array | undefined
  /** Of an external file; it also gives the payload unless there is one. */
  readonly digest?: Digest | undefined
  /** In any order. */
  readonly xattrs: readonly Xattr[]
}

const NOTHING = new Uint8Array(0)
const NEWLINE = 0x0a
const EQUALS = 0x3d

/** The line of an entry, with its newline. */
export function formatDumpEntry(entry: DumpEntry): Uint8Array<ArrayBuffer> {
  const buffer = new DumpBuffer(256)
  buffer.field(entry.path)
  buffer.ascii(
    ` ${entry.size} ${entry.mode.toString(8)} ${entry.nlink} ${entry.uid} ${entry.gid} ${entry.rdev}` +
      ` ${entry.mtimeSeconds}.${entry.mtimeNanoseconds} `,
  )
  if (entry.payload === undefined && entry.digest !== undefined) {
    buffer.ascii(entry.digest.objectPath)
  } else {
    buffer.field(entry.payload ?? NOTHING)
  }
  buffer.space()
  buffer.field(entry.content ?? NOTHING)
  buffer.ascii(` ${entry.digest?.hex ?? '-'}`)
  writeXattrs(
    buffer,
    entry.xattrs.toSorted((a, b) => compareBytes(a.name, b.name)),
  )
  buffer.byte(NEWLINE)
  return buffer.take()
}

/** The line of a second name of a leaf, with its newline. */
export function formatDumpHardlink(path: Uint8Array, target: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer = new DumpBuffer(256)
  buffer.field(path)
  writeHardlink(buffer, target)
  return buffer.take()
}

/** The fields of a hard link line after the path, and the newline. */
export function writeHardlink(buffer: DumpBuffer, target: Uint8Array): void {
  buffer.ascii(' 0 @120000 - - - - 0.0 ')
  buffer.field(target)
  buffer.ascii(' - -\n')
}

/** The xattr fields of a line in the order given. */
export function writeXattrs(buffer: DumpBuffer, xattrs: readonly Xattr[]): void {
  for (const { name, value } of xattrs) {
    buffer.space()
    buffer.xattr(name)
    buffer.byte(EQUALS)
    buffer.xattr(value)
  }
}
