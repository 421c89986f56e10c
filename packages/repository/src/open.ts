import { closeSync, constants, openSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ErofsVersion } from '@composefs/erofs'
import type { Algorithm, Hashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { ZstdCodec } from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import { isErrno, RepositoryError } from './errors.ts'
import { createLayout, type Layout } from './layout.ts'
import { inspectLegacy, legacyAlgorithm, upgradeLegacy } from './legacy.ts'
import { acquireLock } from './lock.ts'
import type { LockHolder } from './lock-holders.ts'
import type { RepositoryMetadata } from './metadata.ts'
import { peekMetadataFile, readMetadataFile } from './metadata-file.ts'
import type { DecoderEngine } from './raw-decoder.ts'
import { Repository } from './repository.ts'
import type { FileDescriptor, System } from './system.ts'
import type { ObjectHelpers } from './work/object-threads.ts'

const { O_DIRECTORY, O_RDONLY } = constants

/** How to open a repository. */
export interface OpenOptions {
  readonly system: System
  /** Default: the hashes of node:crypto. */
  readonly hashing?: Hashing
  /** Default: the zstd of node:zlib. */
  readonly zstd?: ZstdCodec
  /** Default: the decompressors of node:zlib. */
  readonly decoders?: DecoderEngine
  /**
   * `write` checks at once that the repository can be written and gives an old one its meta.json. Default `read`:
   * an old one is opened without a change, and whether writing is possible is checked by the first write.
   */
  readonly mode?: 'read' | 'write'
  /** False refuses old repositories without meta.json. Default true. */
  readonly upgrade?: boolean
  /** Refuse a repository of another algorithm. */
  readonly algorithm?: Algorithm
  /** Refuse a repository that is not secure. */
  readonly requireVerity?: boolean
  /** Treat a secure repository as an insecure one. */
  readonly insecure?: boolean
  /** Insecure repositories: compute the digest of every object from its content, when it is opened or stored again. */
  readonly verify?: boolean
  /** Make images of this format only, whatever meta.json says. */
  readonly erofsVersion?: ErofsVersion
  /**
   * Default `shared`. `exclusive` waits until nobody else has the repository open, and keeps everybody out. `none` is
   * for readers that live with entries vanishing under their hands: nothing can be written.
   */
  readonly lock?: 'shared' | 'exclusive' | 'none'
  /** Seconds to wait for the lock, 0 for one try. Default: as long as it takes. */
  readonly lockTimeoutSeconds?: number
  /** Called once when the wait for the lock gets long. */
  readonly onWait?: (holders: readonly LockHolder[]) => void
  readonly signal?: AbortSignal
  /** Threads that help with objects. They start when there is enough to do. Default: none. */
  readonly helpers?: ObjectHelpers
}

/**
 * Opens the repository in the directory `path`.
 *
 * @throws RepositoryError ERR_REPOSITORY_NOT_FOUND, _NOT_A_DIRECTORY, _NOT_INITIALIZED, _LOCKED, _LEGACY,
 *   _LEGACY_EMPTY, _ALGORITHM_MISMATCH, _INSECURE; of meta.json _BAD_METADATA, _UNSUPPORTED_VERSION,
 *   _UNSUPPORTED_ALGORITHM, _UNSUPPORTED_FEATURE, _NOT_A_FILE, _DIGEST_MISMATCH; in mode `write` _READ_ONLY
 *
 * @example
 * await using repository = await openRepository('/srv/composefs', { system: linuxSystem })
 * for (const { name } of repository.images.refs()) console.log(name)
 */
export async function openRepository(path: string, options: OpenOptions): Promise<Repository> {
  const { system, signal, onWait, lock = 'shared' } = options
  if (lock === 'none' && options.mode === 'write') {
    throw new TypeError('a repository that is to be written is opened with a lock')
  }
  signal?.throwIfAborted()
  const layout = createLayout(resolve(path))
  const directory = openDirectory(layout.root)
  try {
    if (lock !== 'none') {
      const { lockTimeoutSeconds: timeoutSeconds } = options
      const turnstile = layout.metadata
      await acquireLock(directory, {
        system,
        mode: lock,
        turnstile,
        timeoutSeconds,
        onWait,
        signal,
      })
    }
    const found = findMetadata(layout, options)
    assertWanted(found, layout, options)
    const repository = new Repository({
      system,
      hashing: options.hashing ?? nodeHashing,
      zstd: options.zstd ?? nodeZstd,
      decoders: options.decoders,
      layout,
      directory,
      lock,
      metadata: found.metadata,
      isLegacy: found.isLegacy,
      secure: isSecure(found, options),
      verify: options.verify ?? false,
      erofsVersion: options.erofsVersion,
      helpers: options.helpers,
    })
    if (options.mode === 'write') repository.assertWritable()
    return repository
  } catch (error) {
    closeSync(directory)
    throw error
  }
}

/**
 * The algorithm of the repository in the directory `path`, without locking it; undefined when there is none.
 *
 * @throws RepositoryError for a meta.json that `openRepository` would refuse
 */
export function readAlgorithm(path: string): Algorithm | undefined {
  const layout = createLayout(resolve(path))
  return peekMetadataFile(layout)?.algorithm ?? legacyAlgorithm(layout)
}

/** Opens the directory of a repository; the descriptor is what is locked and synced. */
export function openDirectory(path: string): FileDescriptor {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      const message = `there is no repository ${path}`
      throw new RepositoryError('ERR_REPOSITORY_NOT_FOUND', message, { path }, { cause: error })
    }
    if (isErrno(error, 'ENOTDIR')) {
      const message = `${path} is no directory`
      throw new RepositoryError('ERR_REPOSITORY_NOT_A_DIRECTORY', message, { path })
    }
    throw error
  }
}

interface FoundMetadata {
  readonly metadata: RepositoryMetadata
  readonly hasVerity: boolean
  readonly isLegacy: boolean
}

function findMetadata(layout: Layout, options: OpenOptions): FoundMetadata {
  const { system, mode = 'read', upgrade = true } = options
  const stored = readMetadataFile(layout, system)
  if (stored !== undefined) return { ...stored, isLegacy: false }
  const legacy = inspectLegacy(layout, system)
  if (legacy === undefined) {
    throw new RepositoryError(
      'ERR_REPOSITORY_NOT_INITIALIZED',
      `${layout.root} is no repository: it has neither meta.json nor objects`,
      { path: layout.root },
    )
  }
  if (!upgrade) {
    throw new RepositoryError(
      'ERR_REPOSITORY_LEGACY',
      `${layout.root} has no meta.json: it was made by an old version`,
      { path: layout.root },
    )
  }
  const found = { ...legacy, isLegacy: true }
  if (mode === 'read') return found
  assertWanted(found, layout, options)
  return { ...upgradeLegacy(layout, system, legacy), isLegacy: false }
}

function assertWanted(found: FoundMetadata, layout: Layout, options: OpenOptions): void {
  const { algorithm } = found.metadata
  const path = layout.root
  if (options.algorithm !== undefined && options.algorithm !== algorithm) {
    throw new RepositoryError(
      'ERR_REPOSITORY_ALGORITHM_MISMATCH',
      `${path} is a ${algorithm.name} repository, not a ${options.algorithm.name} one`,
      { path, expected: options.algorithm.name, actual: algorithm.name },
    )
  }
  if (options.requireVerity === true && !isSecure(found, options)) {
    throw new RepositoryError('ERR_REPOSITORY_INSECURE', `${path} is not secured by fs-verity`, {
      path,
    })
  }
}

function isSecure(found: FoundMetadata, options: OpenOptions): boolean {
  return found.hasVerity && options.insecure !== true
}
