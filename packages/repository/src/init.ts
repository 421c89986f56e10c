import { closeSync, lstatSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ErofsVersion } from '@composefs/erofs'
import { type Algorithm, formatAlgorithm, SHA256 } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { createLayout, type Layout } from './layout.ts'
import { inspectLegacy, upgradeLegacy } from './legacy.ts'
import { acquireLock } from './lock.ts'
import type { LockHolder } from './lock-holders.ts'
import {
  createMetadata,
  equalMetadata,
  erofsFormatsOf,
  type RepositoryMetadata,
} from './metadata.ts'
import {
  notAFile,
  readMetadataFile,
  type StoredMetadata,
  stageMetadataFile,
} from './metadata-file.ts'
import { openDirectory } from './open.ts'
import type { System } from './system.ts'
import { assertDirectoryWritable } from './writable.ts'

/** Modes before the umask: those of cfsctl. */
const ROOT_MODE = 0o700
const PARENT_MODE = 0o777

/** What repository to make. */
export interface InitOptions {
  readonly system: System
  /** Default sha256. With `ensure`, an existing repository of any algorithm will do unless this is given. */
  readonly algorithm?: Algorithm
  /** Format of the images that are made. Default 1. */
  readonly erofsVersion?: ErofsVersion
  /** Formats that are made beside it. */
  readonly extraErofsVersions?: readonly ErofsVersion[]
  /** Do without fs-verity. */
  readonly insecure?: boolean
  /** Take an existing repository as it is, and upgrade an old one. */
  readonly ensure?: boolean
  /** Remove meta.json and all names of an existing repository first; its objects stay. */
  readonly resetMetadata?: boolean
  /** Seconds to wait for the lock. Default: as long as it takes. */
  readonly lockTimeoutSeconds?: number
  readonly onWait?: (holders: readonly LockHolder[]) => void
  readonly signal?: AbortSignal
}

/** What there is now. */
export interface InitResult {
  /** `already`: just this repository was there. `opened` and `upgraded` come with `ensure` only. */
  readonly status: 'created' | 'already' | 'opened' | 'upgraded'
  readonly metadata: RepositoryMetadata
  readonly secure: boolean
}

/**
 * Makes a repository in the directory `path`, which is made if it is missing. Whatever fails, nothing that this call
 * made is left.
 *
 * @throws RepositoryError ERR_REPOSITORY_CONFLICT when a repository of another configuration is there,
 *   _VERITY_UNSUPPORTED, _NOT_A_DIRECTORY, _READ_ONLY, _LOCKED; with `ensure` also _ALGORITHM_MISMATCH,
 *   _LEGACY_EMPTY and what reading meta.json throws
 */
export async function initRepository(path: string, options: InitOptions): Promise<InitResult> {
  options.signal?.throwIfAborted()
  const layout = createLayout(resolve(path))
  const made = makeDirectories(layout.root)
  try {
    return await initDirectory(layout, options)
  } catch (error) {
    removeDirectories(made)
    throw error
  }
}

async function initDirectory(layout: Layout, options: InitOptions): Promise<InitResult> {
  const { system, onWait, signal, lockTimeoutSeconds: timeoutSeconds } = options
  const directory = openDirectory(layout.root)
  try {
    // Names vanish under nobody's hands: whoever reads the repository holds the shared lock.
    const mode = options.resetMetadata === true ? 'exclusive' : 'shared'
    const turnstile = layout.metadata
    await acquireLock(directory, { system, mode, turnstile, timeoutSeconds, onWait, signal })
    if (options.ensure === true && options.resetMetadata !== true) {
      return takeExisting(layout, options) ?? create(layout, options)
    }
    return create(layout, options)
  } finally {
    closeSync(directory)
  }
}

function takeExisting(layout: Layout, options: InitOptions): InitResult | undefined {
  const { system } = options
  const stored = readMetadataFile(layout, system)
  if (stored !== undefined) {
    assertAlgorithm(layout, stored.metadata, options.algorithm)
    return { status: 'opened', metadata: stored.metadata, secure: stored.hasVerity }
  }
  const legacy = inspectLegacy(layout, system)
  if (legacy === undefined) return undefined
  assertAlgorithm(layout, legacy.metadata, options.algorithm)
  const { metadata, hasVerity } = upgradeLegacy(layout, system, legacy)
  return { status: 'upgraded', metadata, secure: hasVerity }
}

function create(layout: Layout, options: InitOptions): InitResult {
  const { system, algorithm = SHA256, erofsVersion = 1, extraErofsVersions = [] } = options
  const wanted: StoredMetadata = {
    metadata: createMetadata(algorithm, { default: erofsVersion, extra: extraErofsVersions }),
    hasVerity: options.insecure !== true,
  }
  const isReset = options.resetMetadata === true
  if (isReset) {
    // Before anything is removed: a directory of that name is nobody's metadata.
    const status = lstatSync(layout.metadata, { throwIfNoEntry: false })
    if (status?.isDirectory()) throw notAFile(layout.metadata)
  } else {
    const stored = readMetadataFile(layout, system)
    if (stored !== undefined) return existing(layout, stored, wanted)
  }
  assertDirectoryWritable(system, layout.root)
  const { metadata, hasVerity: secure } = wanted
  const staged = stageMetadataFile(layout, system, { metadata, secure })
  try {
    // The new meta.json is ready, with fs-verity: from here on nothing is expected to fail.
    if (isReset) removeNames(layout)
    if (staged.link(layout.metadata) === 'linked') return { status: 'created', metadata, secure }
  } finally {
    staged.close()
  }
  // Another process was faster.
  return existing(layout, readMetadataFile(layout, system), wanted)
}

/** @throws RepositoryError ERR_REPOSITORY_CONFLICT unless what is there is what is wanted */
function existing(
  layout: Layout,
  stored: StoredMetadata | undefined,
  wanted: StoredMetadata,
): InitResult {
  const isEqual =
    stored?.hasVerity === wanted.hasVerity && equalMetadata(stored.metadata, wanted.metadata)
  if (isEqual) return { status: 'already', metadata: stored.metadata, secure: stored.hasVerity }
  const expected = describe(wanted)
  const actual = stored === undefined ? 'gone again' : describe(stored)
  throw new RepositoryError(
    'ERR_REPOSITORY_CONFLICT',
    `a repository of another configuration is at ${layout.root}: ${actual}, not ${expected}`,
    { path: layout.root, expected, actual },
  )
}

function describe(stored: StoredMetadata): string {
  const { metadata, hasVerity } = stored
  const formats = erofsFormatsOf(metadata)
  const names = [
    ...metadata.features.compatible,
    ...metadata.features.readOnlyCompatible,
    ...metadata.features.incompatible,
  ]
  return [
    `version ${metadata.version}`,
    formatAlgorithm(metadata.algorithm),
    `EROFS V${[formats.default, ...formats.extra].join('+V')}`,
    `features ${names.join(' ') || 'none'}`,
    hasVerity ? 'fs-verity required' : 'insecure',
  ].join(', ')
}

function assertAlgorithm(
  layout: Layout,
  metadata: RepositoryMetadata,
  wanted: Algorithm | undefined,
): void {
  if (wanted === undefined || wanted === metadata.algorithm) return
  throw new RepositoryError(
    'ERR_REPOSITORY_ALGORITHM_MISMATCH',
    `${layout.root} is a ${metadata.algorithm.name} repository, not a ${wanted.name} one`,
    { path: layout.root, expected: wanted.name, actual: metadata.algorithm.name },
  )
}

function removeNames(layout: Layout): void {
  rmSync(layout.streams, { recursive: true, force: true })
  rmSync(layout.images, { recursive: true, force: true })
  // Last: while it is there the repository is one.
  rmSync(layout.metadata, { force: true })
}

/** Makes the repository directory and those above it; returns what it made, the innermost first. */
function makeDirectories(root: string): string[] {
  let made: string[] = []
  try {
    const first = mkdirSync(dirname(root), { recursive: true, mode: PARENT_MODE })
    if (first !== undefined) made = pathsBetween(dirname(root), first)
    return makeRoot(root) ? [root, ...made] : made
  } catch (error) {
    removeDirectories(made)
    if (!isErrno(error, 'EEXIST', 'ENOTDIR')) throw error
    const message = `${root} or a directory above it is a file`
    throw new RepositoryError('ERR_REPOSITORY_NOT_A_DIRECTORY', message, { path: root })
  }
}

function makeRoot(root: string): boolean {
  try {
    mkdirSync(root, { mode: ROOT_MODE })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST') && statSync(root, { throwIfNoEntry: false })?.isDirectory())
      return false
    throw error
  }
}

function pathsBetween(inner: string, outer: string): string[] {
  const paths = [inner]
  for (let path = inner; path !== outer && path !== dirname(path); ) {
    path = dirname(path)
    paths.push(path)
  }
  return paths
}

function removeDirectories(made: readonly string[]): void {
  try {
    for (const path of made) rmdirSync(path)
  } catch (error) {
    // Somebody else has put something into it meanwhile, or removed it.
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error
  }
}
