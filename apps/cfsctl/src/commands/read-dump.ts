import { createReadStream } from 'node:fs'
import { SHA256 } from '@composefs/fsverity'
import { DumpParser, type FileTree } from '@composefs/tree'
import type { Context } from '../context.ts'

/** Reads a dump file, or standard input for `-`, piece by piece. */
export async function readDumpTree(path: string, context: Context): Promise<FileTree> {
  const parser = new DumpParser(SHA256)
  const input = path === '-' ? context.input() : createReadStream(path, { highWaterMark: 1 << 20 })
  for await (const piece of input) {
    context.signal.throwIfAborted()
    parser.write(piece as Uint8Array)
  }
  return parser.finish()
}
