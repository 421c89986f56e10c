import { concatBytes } from '@composefs/bytes'

/** Bytes of a gathered chunk: with fewer, what a chunk costs on its way through inflate and hashes adds up. */
const GATHERED_SIZE = 256 * 1024
/** How long a chunk waits for others, in ms: on a slow line it goes on alone. */
const PATIENCE = 50

/** Yields the same bytes in larger chunks: sockets give 64 KiB or less at a time. Large chunks are passed on as they are. */
export async function* gatherChunks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  let since = 0
  const take = (): Uint8Array => {
    const [first = new Uint8Array(0)] = parts
    const gathered = parts.length === 1 ? first : concatBytes(parts)
    parts = []
    size = 0
    return gathered
  }
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    if (size > 0 && size + chunk.length > GATHERED_SIZE) yield take()
    if (size === 0) since = performance.now()
    parts.push(chunk)
    size += chunk.length
    if (size >= GATHERED_SIZE || performance.now() - since >= PATIENCE) yield take()
  }
  if (size > 0) yield take()
}
