import {
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
} from 'node:fs'
import { type Algorithm, type Digest, fsverityDigest } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { FileDescriptor, System } from '../src/index.ts'

/** What a simulated kernel can do. */
export interface SimulatedOptions {
  /** The file system has fs-verity: kept in memory, by inode. */
  readonly verity?: boolean
  /** How many times enabling says that the file is busy. */
  readonly busy?: number
  readonly isReadOnly?: boolean
  /** Somebody else holds the lock for ever. */
  readonly isLocked?: boolean
}

/** A kernel without unnamed files, and with fs-verity where no real one is at hand. */
export class SimulatedSystem implements System {
  readonly #options: SimulatedOptions
  readonly #digests = new Map<string, Digest>()
  #busy: number
  syncs = 0

  constructor(options: SimulatedOptions = {}) {
    this.#options = options
    this.#busy = options.busy ?? 0
  }

  createUnnamed(_directory: string, _mode: number): FileDescriptor | undefined {
    return undefined
  }

  reopenReadOnly(file: FileDescriptor): FileDescriptor {
    return openSync(`/proc/self/fd/${file}`, constants.O_RDONLY)
  }

  linkUnnamed(): 'linked' | 'exists' {
    throw new Error('there are no unnamed files')
  }

  fileSize(path: Uint8Array): number | 'absent' | 'directory' | 'other' {
    const status = lstatSync(Buffer.from(path), { throwIfNoEntry: false })
    if (status === undefined) return 'absent'
    if (status.isDirectory()) return 'directory'
    return status.isFile() ? status.size : 'other'
  }

  renameNoReplace(from: string, to: string): 'renamed' | 'exists' {
    try {
      linkSync(from, to)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'exists'
      throw error
    }
    unlinkSync(from)
    return 'renamed'
  }

  enableVerity(file: FileDescriptor, algorithm: Algorithm): ReturnType<System['enableVerity']> {
    if (this.#options.verity !== true) return 'unsupported'
    if (this.#busy > 0) {
      this.#busy--
      return 'busy'
    }
    const key = inodeOf(file)
    if (this.#digests.has(key)) return 'already'
    const content = readFileSync(`/proc/self/fd/${file}`)
    this.#digests.set(key, fsverityDigest(content, { algorithm, hashing: nodeHashing }))
    return 'enabled'
  }

  measureVerity(file: FileDescriptor, algorithm: Algorithm) {
    if (this.#options.verity !== true) return { state: 'unsupported' } as const
    const digest = this.#digests.get(inodeOf(file))
    if (digest === undefined) return { state: 'disabled' } as const
    if (digest.algorithm !== algorithm) return { state: 'other-algorithm' } as const
    return { state: 'enabled', digest: digest.bytes } as const
  }

  tryLock(_file?: FileDescriptor, _mode?: 'shared' | 'exclusive'): boolean {
    return this.#options.isLocked !== true
  }

  unlock(): void {}

  syncFileSystem(): void {
    this.syncs++
  }

  isReadOnly(): boolean {
    return this.#options.isReadOnly ?? false
  }

  listXattrs(): Uint8Array[] {
    return []
  }

  getXattr(): Uint8Array | undefined {
    return undefined
  }

  /** Makes of a file what a plain copy of it is: the same content, without fs-verity. */
  loseVerity(path: string): void {
    copyFileSync(path, `${path}.copy`)
    renameSync(`${path}.copy`, path)
  }
}

/** Numbers of inodes are used again; together with the time of birth they are not. */
function inodeOf(file: FileDescriptor): string {
  const { dev, ino, birthtimeNs } = fstatSync(file, { bigint: true })
  return `${dev}:${ino}:${birthtimeNs}`
}
