import { closeSync, fstatSync } from 'node:fs'
import { isErrno, RepositoryError } from './errors.ts'
import { openForReading, readFully } from './file-bytes.ts'
import type { Layout } from './layout.ts'
import {
  encodeMetadata,
  isAsWritten,
  METADATA_SIZE_MAX,
  parseMetadata,
  type RepositoryMetadata,
} from './metadata.ts'
import { StagedFile } from './staged-file.ts'
import type { System } from './system.ts'
import { enableVerity, verityUnsupported } from './verity.ts'

const METADATA_MODE = 0o644

/** meta.json as it is on the disk. */
export interface StoredMetadata {
  readonly metadata: RepositoryMetadata
  /** True when the file has fs-verity: the repository is secure. */
  readonly hasVerity: boolean
}

/** meta.json as it is on the disk, with what its bytes tell beyond their meaning. */
export interface ReadMetadata extends StoredMetadata {
  /** False when the file is valid, but not what this version writes. */
  readonly isAsWritten: boolean
}

/**
 * Reads meta.json; undefined when there is none.
 *
 * @throws RepositoryError what `parseMetadata` throws, ERR_REPOSITORY_DIGEST_MISMATCH
 */
export function readMetadataFile(layout: Layout, system: System): ReadMetadata | undefined {
  const file = openMetadata(layout.metadata)
  if (file === undefined) return undefined
  try {
    const bytes = readAll(file)
    const metadata = parseMetadata(bytes)
    const measured = system.measureVerity(file, metadata.algorithm)
    if (measured.state === 'other-algorithm') {
      throw new RepositoryError(
        'ERR_REPOSITORY_DIGEST_MISMATCH',
        `the fs-verity digest of meta.json is not ${metadata.algorithm.name}`,
        { path: layout.metadata },
      )
    }
    return {
      metadata,
      hasVerity: measured.state === 'enabled',
      isAsWritten: isAsWritten(bytes, metadata),
    }
  } finally {
    closeSync(file)
  }
}

/** Like `readMetadataFile`, without asking the kernel. */
export function peekMetadataFile(layout: Layout): RepositoryMetadata | undefined {
  const file = openMetadata(layout.metadata)
  if (file === undefined) return undefined
  try {
    return parseMetadata(readAll(file))
  } finally {
    closeSync(file)
  }
}

/**
 * Writes meta.json to a file without a name: on the disk, with fs-verity if it is to be secure. The caller links
 * and closes it.
 *
 * @throws RepositoryError ERR_REPOSITORY_VERITY_UNSUPPORTED
 */
export function stageMetadataFile(
  layout: Layout,
  system: System,
  wanted: { readonly metadata: RepositoryMetadata; readonly secure: boolean },
): StagedFile {
  const staged = StagedFile.create(system, { directory: layout.root, mode: METADATA_MODE })
  try {
    staged.write(encodeMetadata(wanted.metadata))
    staged.sync()
    if (wanted.secure) {
      staged.freeze()
      const { algorithm } = wanted.metadata
      const state = enableVerity(staged, system, algorithm)
      if (state !== 'enabled') throw verityUnsupported(state, algorithm, layout.root)
    }
    return staged
  } catch (error) {
    staged.close()
    throw error
  }
}

function openMetadata(path: string): number | undefined {
  try {
    return openForReading(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw notAFile(path)
    throw error
  }
}

function readAll(file: number): Uint8Array {
  const status = fstatSync(file)
  if (!status.isFile()) throw notAFile('meta.json')
  if (status.size > METADATA_SIZE_MAX) {
    throw new RepositoryError(
      'ERR_REPOSITORY_BAD_METADATA',
      `meta.json has ${status.size} bytes, more than ${METADATA_SIZE_MAX}`,
      { expected: METADATA_SIZE_MAX, actual: status.size },
    )
  }
  const bytes = new Uint8Array(status.size)
  return bytes.subarray(0, readFully(file, bytes, 0))
}

/** The error for something else than a file in the place of meta.json. */
export function notAFile(path: string): RepositoryError {
  return new RepositoryError('ERR_REPOSITORY_NOT_A_FILE', `${path} is no regular file`, { path })
}
