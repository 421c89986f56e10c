import { byteField, struct, u64 } from '@composefs/bytes'
import { call } from './libc.ts'
import { type PathLike, terminated } from './path.ts'

const ST_RDONLY = 1

/** struct statfs of x64 and arm64. */
const Statfs = struct(120, {
  type: u64,
  /** Preferred size of a transfer, in bytes. */
  blockSize: u64,

  /** In fragments. */
  blocks: u64,
  free: u64,

  available: u64,
  files: u64,

  filesFree: u64,
  id: u64,

  nameLength: u64,
  /** Bytes of a fragment. */
  fragmentSize: u64,

  /** ST_RDONLY and its like. */
  flags: u64,
  spare: byteField(32),
})

/** A file system, as the mount it was asked through shows it. */
export interface FileSystemFacts {
  /** Magic number of its type. */
  readonly type: number
  /** True when it, or this mount of it, is read-only. */
  readonly isReadOnly: boolean
  /** Bytes that are left to this user. */
  readonly availableBytes: number
}

/** What the kernel says of the file system of `path`. */
export function fileSystemFacts(path: PathLike): FileSystemFacts {
  const bytes = terminated(path)
  const out = new Uint8Array(Statfs.size)
  call('statfs', { path }, c => c.statfs(bytes, out))
  const found = Statfs.read(new DataView(out.buffer), 0)
  return {
    type: Number(found.type & 0xffff_ffffn),
    isReadOnly: (Number(found.flags) & ST_RDONLY) !== 0,
    availableBytes: Number(found.available * found.fragmentSize),
  }
}

/** True when the file system of `path` is mounted read-only. */
export function isReadOnly(path: PathLike): boolean {
  return fileSystemFacts(path).isReadOnly
}
