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
  const seen = {
    dev: view.getBigUint64(Seen.device, true),
    ino: view.getBigUint64(Seen.inode, true),
    size: view.getBigInt64(Seen.size, true),
    mtimeNs: view.getBigInt64(Seen.mtime, true),
  }
  return {
    path: Buffer.from(data.subarray(Seen.path)),
    size: Number(seen.size),
    isStill: now => isUnchanged(seen, now),
  }
}

/** Whether a regular file is the one that was seen, and has not changed since. */
export function isUnchanged(
  seen: Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'>,
  now: BigIntStats,
): boolean {
  return (
    now.isFile() &&
    now.dev === seen.dev &&
    now.ino === seen.ino &&
    now.size === seen.size &&
    now.mtimeNs === seen.mtimeNs
  )
}
