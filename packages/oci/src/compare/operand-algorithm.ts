import { createReadStream, readFileSync, statSync } from 'node:fs'
import { IMAGE_SIZE_MAX, openImage } from '@composefs/erofs'
import { type Algorithm, algorithmByDigestSize } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { OciError } from '../errors.ts'
import type { Operand } from './operand.ts'
import { readingFile } from './reading-file.ts'

const SPACE = 0x20
const NEWLINE = 0x0a
/** Spaces before the digest of a line of a dump. */
const DIGEST_FIELD = 10

/**
 * The algorithm of the digests that an operand has; undefined where it has none, or will have any.
 *
 * @throws ErofsError for a damaged image; Node-shaped errors
 */
export async function operandAlgorithm(
  operand: Operand,
  repository: Repository | undefined,
): Promise<Algorithm | undefined> {
  switch (operand.kind) {
    case 'oci':
    case 'image':
      return repository?.algorithm
    case 'image-file': {
      const { path } = operand
      return await readingFile(path, () => openImage(readImageFile(path)).firstAlgorithm())
    }
    case 'dump':
      return await dumpAlgorithm(operand.path)
    case 'directory':
      return undefined
  }
}

/**
 * Reads an image from a file.
 *
 * @throws OciError ERR_OCI_NO_TREE for a file that is larger than any image
 */
export function readImageFile(path: string): Uint8Array {
  if (statSync(path).size <= IMAGE_SIZE_MAX) return readFileSync(path)
  throw new OciError('ERR_OCI_NO_TREE', `${path} has more than ${IMAGE_SIZE_MAX} bytes`, { path })
}

/** The algorithm whose digests are as long as the first one of a dump. */
async function dumpAlgorithm(path: string): Promise<Algorithm | undefined> {
  let spaces = 0
  let length = 0
  for await (const piece of createReadStream(path)) {
    for (const byte of piece as Uint8Array) {
      if (byte !== SPACE && byte !== NEWLINE) {
        if (spaces === DIGEST_FIELD) length++
        continue
      }
      // A field of one byte is the dash of a file without a digest.
      if (spaces === DIGEST_FIELD && length > 1) return algorithmByDigestSize(length / 2)
      spaces = byte === SPACE ? spaces + 1 : 0
      length = 0
    }
  }
  return undefined
}
