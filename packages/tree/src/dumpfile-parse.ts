import type { Algorithm } from '@composefs/fsverity'
import { DumpParser } from './dump-parser.ts'
import type { FileTree } from './tree.ts'

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
  parser.write(bytes)
  return parser.finish()
}
