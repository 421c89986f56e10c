import type { Dirent } from 'node:fs'
import { showUtf8 } from '@composefs/bytes'
import type { Algorithm } from '@composefs/fsverity'
import { readDirectory, streamDirectory } from '../directory.ts'
import { isRepositoryError } from '../errors.ts'
import { type Layout, OBJECT_DIRECTORY } from '../layout.ts'
import { readObjectName } from '../object-name.ts'
import { isRealDirectory } from '../real-directories.ts'
import type { OnBroken } from './broken.ts'

/** A file in the directories of objects. */
export interface ObjectFile {
  /** Valid until the next file is asked for. */
  readonly digest: Uint8Array
  /** Absolute path. */
  readonly path: string
}

/**
 * Yields the files of all objects, in the order of their first byte. What is in the directories of objects and cannot
 * be an object is broken; what is beside them is not looked at.
 */
export function* objectFiles(
  layout: Layout,
  algorithm: Algorithm,
  onBroken: OnBroken,
): Generator<ObjectFile> {
  const digest = new Uint8Array(algorithm.digestSize)
  for (const directory of objectDirectories(layout, onBroken)) {
    const parent = `${layout.objects}/${directory}`
    for (const entry of streamDirectory(parent, 'latin1')) {
      const problem = problemOf(directory, entry, digest)
      if (problem === undefined) {
        yield { digest, path: `${parent}/${entry.name}` }
      } else {
        const name = showUtf8(Buffer.from(entry.name, 'latin1'))
        onBroken({ path: `objects/${directory}/${name}`, reason: problem, remedy: 'skip' })
      }
    }
  }
}

/** Yields the names of the directories of objects. */
function* objectDirectories(layout: Layout, onBroken: OnBroken): Generator<string> {
  if (!isDirectory(layout, 'objects', onBroken)) return
  for (const entry of readDirectory(layout.objects)) {
    const name = entry.name.toString('latin1')
    if (!OBJECT_DIRECTORY.test(name)) continue
    if (isDirectory(layout, `objects/${name}`, onBroken)) yield name
  }
}

function isDirectory(layout: Layout, path: string, onBroken: OnBroken): boolean {
  try {
    return isRealDirectory(layout, `${layout.root}/${path}`)
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_BAD_DIRECTORY')) throw error
    onBroken({ path, reason: 'is no directory', remedy: 'none' })
    return false
  }
}

/** Reads the digest out of the names; or says what is wrong with the entry. */
function problemOf(directory: string, entry: Dirent, digest: Uint8Array): string | undefined {
  if (!readObjectName(directory, entry.name, digest)) return 'the name is not that of an object'
  return entry.isFile() ? undefined : 'is no regular file'
}
