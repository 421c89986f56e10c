import { open } from 'node:fs/promises'
import { SHA256 } from '@composefs/fsverity'
import { DumpParser, type FileTree } from '@composefs/tree'
import type { Context } from '../context.ts'

const PIECE = 1 << 20

/** Reads a dump file, or standard input for `-`, piece by piece. */
export async function readDumpTree(path: string, context: Context): Promise<FileTree> {
  const parser = new DumpParser(SHA256)
  for await (const piece of path === '-' ? context.input() : filePieces(path)) {
    context.signal.throwIfAborted()
    parser.write(piece)
  }
  return parser.finish()
}

/** Reads a file into two buffers in turn: the next piece comes while one is looked at, and none is garbage. */
async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path)
  const buffers = [new Uint8Array(PIECE), new Uint8Array(PIECE)] as const
  let [current, other] = buffers
  let coming = file.read(current, 0, PIECE, null)
  for (;;) {
    const { bytesRead } = await coming
    if (bytesRead === 0) return
    coming = file.read(other, 0, PIECE, null)
    // A failure is seen when its piece is awaited, if that happens at all.
    coming.catch(() => {})
    yield current.subarray(0, bytesRead)
    ;[current, other] = [other, current]
  }
}
