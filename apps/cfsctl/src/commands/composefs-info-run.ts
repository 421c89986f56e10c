import { closeSync, lstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import { type ErofsImage, IMAGE_SIZE_MAX, openImage } from '@composefs/erofs'
import { createFsverity, Digest, SHA256 } from '@composefs/fsverity'
import { writeDump } from '@composefs/tree'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { byBytes } from '../output/sorting.ts'
import { hashing, system } from '../repository/platform.ts'
import type { InfoOptions } from './composefs-info.ts'
import { filePieces } from './file-pieces.ts'
import { listingLines } from './image-listing.ts'

interface Arguments {
  readonly files: readonly string[]
}

export async function ls({ files }: Arguments, context: Context): Promise<Result> {
  const filter = filterOf(context)
  return { bytes: forEachImage(files, image => listingLines(image.toTree(), filter)) }
}

export async function dump({ files }: Arguments, context: Context): Promise<Result> {
  const filter = filterOf(context)
  const options = filter === undefined ? {} : { filter }
  return { bytes: forEachImage(files, image => writeDump(image.toTree(), options)) }
}

export async function objects({ files }: Arguments): Promise<Result> {
  return { lines: objectPaths(files) }
}

export async function missingObjects({ files }: Arguments, context: Context): Promise<Result> {
  const { basedir } = options(context)
  const paths = objectPaths(files)
  return {
    lines: basedir === undefined ? paths : paths.filter(path => !isFile(join(basedir, path))),
  }
}

export async function measureFile({ files }: Arguments): Promise<Result> {
  return { lines: measureAll(files) }
}

function* forEachImage(
  files: readonly string[],
  work: (image: ErofsImage) => Iterable<Uint8Array>,
): Generator<Uint8Array> {
  for (const file of files) yield* work(readImage(file))
}

function readImage(path: string): ErofsImage {
  try {
    return openImage(readBounded(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Errors of the file system name the file themselves.
    if (code?.startsWith('ERR_EROFS_') !== true) throw error
    throw new CliError('image-invalid', `${path} is no composefs image`, { cause: error })
  }
}

/** The whole file, which may be a pipe. A device without an end must not fill the memory. */
function readBounded(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const pieces: Uint8Array[] = []
    let size = 0
    for (const piece of filePieces(file)) {
      size += piece.length
      if (size > IMAGE_SIZE_MAX) {
        throw new CliError('image-invalid', `${path} has more than ${IMAGE_SIZE_MAX} bytes`)
      }
      pieces.push(piece.slice())
    }
    return concatBytes(pieces)
  } finally {
    closeSync(file)
  }
}

/** The object paths of all images, each once. */
function objectPaths(files: readonly string[]): string[] {
  const paths = files.flatMap(file =>
    readImage(file)
      .objects()
      .map(({ objectPath }) => objectPath),
  )
  return [...new Set(paths)].sort(byBytes)
}

function* measureAll(files: readonly string[]): Generator<string> {
  for (const path of files) yield measure(path)
}

/** The kernel's digest where the file has one, else computed. */
function measure(path: string): string {
  const file = openSync(path, 'r')
  try {
    const measured = system.measureVerity(file, SHA256)
    if (measured.state === 'enabled') return new Digest(SHA256, measured.digest).hex
    const fsverity = createFsverity({ algorithm: SHA256, hashing })
    for (const piece of filePieces(file)) fsverity.update(piece)
    return fsverity.digest().hex
  } finally {
    closeSync(file)
  }
}

function filterOf(context: Context): Uint8Array[] | undefined {
  const { filter } = options(context)
  const nested = filter.find(name => name.includes('/'))
  if (nested !== undefined) {
    throw new CliError('usage', `--filter takes names in the root directory, not ${nested}`)
  }
  return filter.length === 0 ? undefined : filter.map(encodeUtf8)
}

function options({ globals }: Context): InfoOptions {
  // The options of this program stand where others have the global ones.
  return globals as unknown as InfoOptions
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
