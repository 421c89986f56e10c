import { spawnSync } from 'node:child_process'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'

/** Bytes of the disk: room for two repositories and what a collection has not removed yet. */
const DISK_SIZE = 256 << 20

/** Makes the file of a disk with an ext4 that has fs-verity. */
export function createDisk(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, DISK_SIZE)
  run('mkfs.ext4', ['-q', '-F', '-b', '4096', '-O', 'verity', '-E', 'lazy_itable_init=0', path])
}

/**
 * Lets e2fsck bring a copy of the file system in order, and fails if more than its journal was needed: then it is the
 * disk that does not do what a disk does.
 */
export function assertFileSystem(path: string): void {
  const copy = `${path}.copy`
  run('cp', ['--sparse=always', path, copy])
  // With the journal first; only then a full check, which must find nothing.
  run('e2fsck', ['-p', '-E', 'journal_only', copy])
  run('e2fsck', ['-p', '-f', copy], 1)
  rmSync(copy)
}

function run(command: string, args: readonly string[], worst = 0): void {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  if (error !== undefined) throw error
  if (status === null || status > worst) {
    throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`)
  }
}
