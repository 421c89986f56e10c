import type { Algorithm } from '@composefs/fsverity'
import { DumpParser } from './dump-parser.ts'
import type { FileTree } from './tree.ts'

/** How much of a dump in memory is looked at together, so that places in it are small numbers. */
const STRIDE = 16 * 1024 * 1024

/**
 * Reads a dump file. The algorithm is not in the file: `mkcomposefs` means sha256.
 *
 * @throws TreeError with the line and the field in its facts
 *
 * @example
 * const tree = parseDump(encodeUtf8('/ 0 40755 2 0 0 0 0.0 - - -\n'), SHA256)
 */
export function parseDump(bytes: Uint8Array, algorithm: Algorithm): FileTree {
  const parser = new DumpParser(algorithm)
  for (let at = 0; at < bytes.length; at += STRIDE) parser.write(bytes.subarray(at, at + STRIDE))
  return parser.finish()
}
