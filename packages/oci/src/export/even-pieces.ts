/**
 * The same bytes in pieces of `size` bytes, but the last one: new memory, for the caller to keep.
 *
 * The chunks of a layer are anything from a tar header to a mebibyte. What is made of even pieces does not depend on
 * how a repository keeps them, and small ones do not cost a call each.
 */
export async function* evenPieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(size)
  let filled = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + size - filled)
      piece.set(chunk.subarray(at, end), filled)
      filled += end - at
      at = end
      if (filled < size) continue
      yield piece
      piece = new Uint8Array(size)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
