import { decodeUtf8, showUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import { readDirectory } from '../directory.ts'
import { type Broken, isRepositoryError } from '../errors.ts'
import { REFS } from '../layout.ts'
import { objectOfLink, readLink, targetOfRef } from '../links.ts'
import { isRealDirectory } from '../real-directories.ts'
import { reasonOf } from '../reason.ts'
import { RefDirectory } from '../refs.ts'
import type { Repository } from '../repository.ts'
import type { OnBroken } from './broken.ts'
import { LinkTable } from './link-table.ts'
import { isImageRoot, type Root } from './root.ts'

/** Every name of a repository at one moment. */
export interface RepositoryNames {
  readonly streams: LinkTable
  readonly images: LinkTable
  /** The refs of images, then those of streams. What they lead to need not be there. */
  readonly refs: readonly Root[]
}

/** The two directories that hold names. */
export type NameDirectory = 'images' | 'streams'

/**
 * Reads the names of a repository. Entries of other kinds than belong there, and links that name nothing, are broken;
 * the others are read nevertheless.
 */
export function readNames(repository: Repository, onBroken: OnBroken): RepositoryNames {
  // What a ref leads to is older than the ref, so that a ref made meanwhile finds it in the tables.
  const refs = [
    ...readRefs(repository, 'images', onBroken),
    ...readRefs(repository, 'streams', onBroken),
  ]
  const images = readLinks(repository, 'images', onBroken)
  const streams = readLinks(repository, 'streams', onBroken)
  return { streams, images, refs }
}

/** The object of the entry that a root stands for; undefined where there is none. */
export function objectOfRoot({ images, streams }: RepositoryNames, root: Root): Digest | undefined {
  return (isImageRoot(root) ? images : streams).get(root.entry)
}

function readLinks(
  { layout, algorithm }: Repository,
  name: NameDirectory,
  onBroken: OnBroken,
): LinkTable {
  const table = new LinkTable(algorithm)
  const directory = layout[name]
  if (!isThere(layout, directory, () => onBroken(noDirectory(name)))) return table
  for (const entry of readDirectory(directory)) {
    const id = decodeUtf8(entry.name)
    if (id === REFS) continue
    const path = `${name}/${showUtf8(entry.name)}`
    if (id === undefined) {
      onBroken({ path, reason: 'the name is not UTF-8', remedy: 'skip' })
    } else if (!entry.isSymbolicLink()) {
      onBroken({ path, reason: 'is no symlink', remedy: 'skip' })
    } else {
      const find = (text: string) => objectOfLink(text, algorithm, path)
      const object = followLink(`${directory}/${id}`, path, { find, onBroken })
      if (object !== undefined) table.add(id, object)
    }
  }
  return table
}

function* readRefs(
  { layout }: Repository,
  directory: NameDirectory,
  onBroken: OnBroken,
): Generator<Root> {
  const refs = directory === 'images' ? layout.imageRefs : layout.streamRefs
  const prefix = `${directory}/${REFS}`
  if (!isThere(layout, refs, () => onBroken(noDirectory(prefix)))) return
  const onBadName = (name: string) =>
    onBroken({ path: `${prefix}/${name}`, reason: 'the name is not UTF-8', remedy: 'skip' })
  const kind = directory === 'images' ? 'image-ref' : 'stream-ref'
  for (const entry of new RefDirectory(layout, refs).entries(undefined, onBadName)) {
    const { name } = entry
    const path = `${prefix}/${name}`
    if (entry.kind === 'other') {
      onBroken({ path, reason: 'is neither a symlink nor a directory', remedy: 'skip' })
    } else if (entry.kind === 'symlink') {
      const find = (text: string) => targetOfRef(text, path)
      const target = followLink(entry.path, path, { find, onBroken })
      if (target !== undefined) yield { kind, name, entry: target }
    }
  }
}

/** What the text of a link stands for; undefined when the link is gone or broken. */
function followLink<T>(
  file: string,
  path: string,
  { find, onBroken }: { find(text: string): T; readonly onBroken: OnBroken },
): T | undefined {
  try {
    const text = readLink(file)
    return text === undefined ? undefined : find(text)
  } catch (error) {
    if (!isRepositoryError(error)) throw error
    onBroken({ path, reason: reasonOf(error), remedy: 'remove' })
    return undefined
  }
}

/** False also for something that is no directory: `onOther` is told of it, unless a directory above it is none. */
function isThere(layout: Repository['layout'], directory: string, onOther: () => void): boolean {
  try {
    return isRealDirectory(layout, directory)
  } catch (error) {
    if (!isRepositoryError(error)) throw error
    if (error.facts.path === directory) onOther()
    return false
  }
}

function noDirectory(path: string): Broken {
  return { path, reason: 'is no directory', remedy: 'none' }
}
