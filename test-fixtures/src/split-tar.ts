const BLOCK = 512
/** Types whose content describes the entry behind them: they travel with it. */
const EXTENSIONS = new Set(['x', 'g', 'L', 'K'])

/** Cuts a tar into `count` tars of about equal size, each with its own end marker, at entry boundaries. */
export function splitTar(tar: Uint8Array, count: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  let at = 0
  while (at + BLOCK <= tar.length && !isZeroBlock(tar, at)) {
    const next = endOfEntry(tar, at)
    const isEntry = !EXTENSIONS.has(String.fromCharCode(tar[at + 156] ?? 0))
    at = next
    if (isEntry && parts.length < count - 1 && at >= ((parts.length + 1) * tar.length) / count) {
      parts.push(withEndMarker(tar.subarray(start, at)))
      start = at
    }
  }
  parts.push(withEndMarker(tar.subarray(start, at)))
  return parts
}

function endOfEntry(tar: Uint8Array, at: number): number {
  const octal = Buffer.from(tar.subarray(at + 124, at + 136)).toString('latin1')
  const size = Number.parseInt(octal.replaceAll('\0', ' ').trim() || '0', 8)
  return at + BLOCK + Math.ceil(size / BLOCK) * BLOCK
}

function isZeroBlock(tar: Uint8Array, at: number): boolean {
  return tar.subarray(at, at + BLOCK).every(byte => byte === 0)
}

function withEndMarker(entries: Uint8Array): Uint8Array {
  const part = new Uint8Array(entries.length + 2 * BLOCK)
  part.set(entries)
  return part
}
