import { type BigIntStats, lstatSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ImageHead, openImage } from '@composefs/erofs'
import type { ComposefsMountEntry } from '@composefs/linux'
import { openRepository, type Repository } from '@composefs/repository'
import { hashing, system } from '../repository/platform.ts'
import { readHead } from './image-head.ts'
import { looksLike } from './looks-like.ts'

/** An id as `mount` takes it. */
const ID = /^(?:sha256:|sha512:)?([0-9a-f]{64}|[0-9a-f]{128})$/

/**
 * The id of the image behind a mount: that in its source, else that of the one image in the repository of its objects
 * which looks like the mount. Undefined when there is none, or several; when an upper directory may cover the image;
 * and when another mount covers this one.
 */
export async function mountedImageId(entry: ComposefsMountEntry): Promise<string | undefined> {
  const [, id] = ID.exec(entry.name ?? '') ?? []
  if (id !== undefined) return id
  const [objects, ...others] = entry.objects
  if (entry.mode !== 'kernel' || entry.hasUpper || objects === undefined || others.length > 0) {
    return undefined
  }
  try {
    if (!isVisible(entry)) return undefined
    // Without the lock: what vanishes meanwhile is not found.
    const options = { system, hashing, lock: 'none' } as const
    await using repository = await openRepository(dirname(objects), options)
    return findImage(repository, entry.target)
  } catch {
    // No repository, or one that this user may not read: the mount is listed all the same.
    return undefined
  }
}

function findImage(repository: Repository, target: string): string | undefined {
  // An overlay without an upper directory says of its file system what the image says.
  const { blocks, ffree } = statfsSync(target, { bigint: true })
  const isOfSize = (head: ImageHead) =>
    BigInt(head.blocks) === blocks && BigInt.asUintN(64, -1n - head.inodes) === unsigned(ffree)
  const found: string[] = []
  for (const digest of repository.images.list()) {
    if (!repository.objects.has(digest)) continue
    using object = repository.objects.openUnchecked(digest)
    const head = readHead(object.file)
    if (head === undefined || !isOfSize(head)) continue
    const image = openImage(object.read(0, object.size))
    if (looksLike(target, image.toTree())) found.push(digest.hex)
  }
  return found.length === 1 ? found[0] : undefined
}

function unsigned(number: bigint): bigint {
  return BigInt.asUintN(64, number)
}

/** Whether the path of the mount leads to it, and not to another one that covers it. */
function isVisible({ target, device }: ComposefsMountEntry): boolean {
  return deviceOf(lstatSync(target, { bigint: true })) === device
}

/** A device number as mountinfo has it. Minor numbers have their lower 8 bits below the major one. */
function deviceOf({ dev }: BigIntStats): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n)
  return `${major}:${minor}`
}
