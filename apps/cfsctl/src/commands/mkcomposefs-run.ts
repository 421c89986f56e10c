import { closeSync, constants, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs'
import {
  chooseVersion,
  type ErofsVersion,
  encodeImage,
  type VersionRange,
  writeImage,
} from '@composefs/erofs'
import { createFsverity, type Digest, type Fsverity, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import {
  createCountingObjectStore,
  createDirectoryObjectStore,
  scanDirectory,
} from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { hashing, system } from '../repository/platform.ts'
import type { mkcomposefs } from './mkcomposefs.ts'
import { readDumpTree } from './read-dump.ts'

type Arguments = Args<typeof mkcomposefs>

const { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } = constants

/** The mode of a new image before the umask. */
const IMAGE_MODE = 0o644
/** Files from which on an image is so large that hashing it natively saves more than loading that takes. */
const NATIVE_HASHING_MIN = 100_000
/** Newest version of the format that C knows. */
const VERSION_MAX = 1

export async function run(args: Arguments, context: Context): Promise<Result> {
  checkArguments(args)
  const range = versionRange(args)
  const tree = await readTree(args, context)
  const version = chooseVersion(tree, range)
  if (args.image === '-') return toStandardOutput(tree, version, args)
  const digest =
    args.image === undefined ? computeDigest(tree, version) : writeFile(tree, version, args.image)
  return { lines: printsDigest(args) ? [digest.hex] : [] }
}

function checkArguments(args: Arguments): void {
  if (args['print-digest-only']) {
    if (args.image === undefined) return
    throw new CliError('usage', 'IMAGE must be omitted when using --print-digest-only')
  }
  if (args.image === undefined) throw new CliError('usage', 'missing argument: IMAGE')
}

/** The range for the choice of the version, whose rules are those of C. */
function versionRange(args: Arguments): VersionRange {
  const { 'min-version': min, 'max-version': max } = args
  if ((min ?? 0) > VERSION_MAX || (max ?? 0) > VERSION_MAX) {
    throw new CliError('usage', 'cannot write file: Invalid argument')
  }
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

async function readTree(args: Arguments, context: Context): Promise<FileTree> {
  if (args['from-file']) return await readDumpTree(args.source, context)
  const store = args['digest-store']
  const objects =
    store === undefined
      ? createCountingObjectStore(SHA256, hashing)
      : createDirectoryObjectStore(store, { system, algorithm: SHA256, hashing })
  return await scanDirectory(args.source, {
    objects,
    system,
    xattrs: args['skip-xattrs'] ? 'none' : args['user-xattrs'] ? 'user' : 'all',
    hardlinks: args.hardlinks ? 'keep' : 'split',
    useEpoch: args['use-epoch'],
    skipDevices: args['skip-devices'],
    signal: context.signal,
  })
}

function printsDigest(args: Arguments): boolean {
  return args['print-digest'] || args['print-digest-only']
}

function computeDigest(tree: FileTree, version: ErofsVersion): Digest {
  const fsverity = startDigest(tree)
  writeImage(tree, { version, write: chunk => void fsverity.update(chunk) })
  return fsverity.digest()
}

function startDigest({ inodeCount }: FileTree): Fsverity {
  const who = inodeCount < NATIVE_HASHING_MIN ? nodeHashing : hashing
  return createFsverity({ algorithm: SHA256, hashing: who })
}

function toStandardOutput(tree: FileTree, version: ErofsVersion, args: Arguments): Result {
  const image = encodeImage(tree, { version })
  const digest = () => startDigest(tree).update(image).digest()
  const line = printsDigest(args) ? [Buffer.from(`${digest().hex}\n`)] : []
  return { bytes: [image, ...line], isBinary: true }
}

/** Writes the image to a file and hashes it on the way. A file that this made is removed when it fails. */
function writeFile(tree: FileTree, version: ErofsVersion, path: string): Digest {
  const { file, isNew } = openForWriting(path)
  const fsverity = startDigest(tree)
  try {
    writeImage(tree, {
      version,
      write: chunk => {
        fsverity.update(chunk)
        writeFully(file, chunk, path)
      },
    })
  } catch (error) {
    if (isNew && fstatSync(file).isFile()) unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
  return fsverity.digest()
}

function openForWriting(path: string): { file: number; isNew: boolean } {
  try {
    return { file: openSync(path, O_WRONLY | O_CREAT | O_EXCL, IMAGE_MODE), isNew: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { file: openSync(path, O_WRONLY | O_CREAT | O_TRUNC, IMAGE_MODE), isNew: false }
  }
}

function writeFully(file: number, bytes: Uint8Array, path: string): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  } catch (error) {
    throw Object.assign(error as Error, { path })
  }
}
