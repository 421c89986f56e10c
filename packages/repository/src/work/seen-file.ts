import type { BigIntStats } from 'node:fs'

/** In the bytes of a job: what a file looked like, in front of its path. */
const Seen = { device: 0, inode: 8, size: 16, mtime: 24, path: 32 } as const

/** Writes a job over a file that looks like `stats`, and returns its length. */
export function writeSeenFile(
  target: Uint8Array,
  at: number,
  { stats, path }: { readonly stats: BigIntStats; readonly path: Uint8Array },
): number {
  const view = new DataView(target.buffer, target.byteOffset + at, Seen.path)
  view.setBigUint64(Seen.device, stats.dev, true)
  view.setBigUint64(Seen.inode, stats.ino, true)
  view.setBigInt64(Seen.size, stats.size, true)
  view.setBigInt64(Seen.mtime, stats.mtimeNs, true)
  target.set(path, at + Seen.path)
  return Seen.path + path.length
}

/** What a job over a file has to know. */
export interface SeenFile {
  readonly path: Buffer
  readonly size: number
  /** Whether a file is still the one that was seen, and has not changed since. */
  isStill(now: BigIntStats): boolean
}

export function readSeenFile(data: Uint8Array): SeenFile {
  const view = new DataView(data.buffer, data.byteOffset, Seen.path)
  const device = view.getBigUint64(Seen.device, true)
  const inode = view.getBigUint64(Seen.inode, true)
  const size = view.getBigInt64(Seen.size, true)
  const mtime = view.getBigInt64(Seen.mtime, true)
  return {
    path: Buffer.from(data.subarray(Seen.path)),
    size: Number(size),
    isStill: now =>
      now.isFile() &&
      now.dev === device &&
      now.ino === inode &&
      now.size === size &&
      now.mtimeNs === mtime,
  }
}
