import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'

const SPLITSTREAM_MAGIC = 'SplitStream'

/**
 * What two repositories of the same content differ in; nothing when they agree.
 *
 * They have to have the same objects and the same images. Splitstreams are left out: their bytes depend on the release
 * of zstd, and the peer keeps those that it has replaced.
 */
export function compareRepositories(ours: string, theirs: string): string[] {
  const [a, b] = [objectNames(ours), objectNames(theirs)]
  const problems: string[] = []
  const onlyOurs = contentOnlyIn(ours, a, b)
  const onlyTheirs = contentOnlyIn(theirs, b, a)
  if (a.size === 0) problems.push('no objects')
  if (onlyOurs.length > 0) problems.push(`only ours: ${list(onlyOurs)}`)
  if (onlyTheirs.length > 0) problems.push(`only theirs: ${list(onlyTheirs)}`)
  const [ourImages, theirImages] = [imageNames(ours), imageNames(theirs)]
  if (ourImages.join() !== theirImages.join()) {
    problems.push(`images: ours ${list(ourImages)}, theirs ${list(theirImages)}`)
  }
  return problems
}

/** The ids of the images of a repository. */
export function imageNames(repository: string): string[] {
  const directory = join(repository, 'images')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => /^[0-9a-f]+$/.test(name))
    .sort()
}

function objectNames(repository: string): Set<string> {
  const directory = join(repository, 'objects')
  return new Set(
    readdirSync(directory).flatMap(prefix =>
      readdirSync(join(directory, prefix)).map(name => `${prefix}/${name}`),
    ),
  )
}

function contentOnlyIn(repository: string, names: Set<string>, others: Set<string>): string[] {
  return [...names].filter(
    name => !others.has(name) && !isSplitstream(join(repository, 'objects', name)),
  )
}

function isSplitstream(path: string): boolean {
  const start = Buffer.alloc(SPLITSTREAM_MAGIC.length)
  const file = openSync(path, 'r')
  try {
    readSync(file, start)
  } finally {
    closeSync(file)
  }
  return start.toString('latin1') === SPLITSTREAM_MAGIC
}

function list(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.slice(0, 3).join(', ') || 'none'}${more}`
}
