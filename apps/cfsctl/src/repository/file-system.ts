import { closeSync, openSync, statfsSync } from 'node:fs'
import type { Repository } from '@composefs/repository'

/** What is known of the file system a repository lies on. */
export interface FileSystemFacts {
  readonly [key: string]: string | number | boolean | null
  readonly type: string
  /** Null where there is no file yet to ask the kernel about. */
  readonly verity_supported: boolean | null
  /** Null where it depends on how the file system was made. */
  readonly reflink: boolean | null
  /** For this user. */
  readonly free_bytes: number
}

/** Names and reflink support by the magic number of statfs(2). */
const KNOWN: Readonly<Record<number, readonly [name: string, reflink: boolean | null]>> = {
  61267: ['ext4', false],
  1481003842: ['xfs', null],
  2435016766: ['btrfs', true],
  3393526350: ['bcachefs', true],
  4076150800: ['f2fs', false],
  16914836: ['tmpfs', false],
  2035054128: ['overlay', null],
  801189825: ['zfs', null],
  26985: ['nfs', null],
  1702057286: ['fuse', null],
}

export function describeFileSystem(repository: Repository): FileSystemFacts {
  const { type, bavail, bsize } = statfsSync(repository.path)
  const [name, reflink] = KNOWN[type] ?? [`0x${type.toString(16)}`, null]
  return {
    type: name,
    verity_supported: supportsVerity(repository),
    reflink,
    free_bytes: bavail * bsize,
  }
}

function supportsVerity({ layout, system, algorithm }: Repository): boolean | null {
  let file: number
  try {
    file = openSync(layout.metadata, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return system.measureVerity(file, algorithm).state !== 'unsupported'
  } finally {
    closeSync(file)
  }
}
