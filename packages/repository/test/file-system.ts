import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own in a file, mounted. */
export interface MountedFileSystem {
  readonly path: string
  unmount(): void
}

const SIZE = 256 << 20

/** Makes and mounts a file system whose files can share blocks, or tells why that cannot be. */
export function mountBtrfs(): MountedFileSystem | { readonly reason: string } {
  if (process.geteuid?.() !== 0) return { reason: 'not root' }
  const directory = mkdtempSync(join(tmpdir(), 'composefs-btrfs-'))
  const [image, path] = [join(directory, 'image'), join(directory, 'mount')]
  const unmount = () => {
    spawnSync('umount', [path])
    rmSync(directory, { recursive: true })
  }
  mkdirSync(path)
  writeFileSync(image, '')
  truncateSync(image, SIZE)
  for (const [program, ...args] of [
    ['mkfs.btrfs', '-q', image],
    ['mount', '-o', 'loop', image, path],
  ] as const) {
    const { status, error } = spawnSync(program, args)
    if (status === 0) continue
    rmSync(directory, { recursive: true })
    return { reason: error === undefined ? `${program} fails` : `no ${program}` }
  }
  return { path, unmount }
}
