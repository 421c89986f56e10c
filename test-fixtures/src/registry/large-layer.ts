import { createCipheriv, createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'

/** A layer in a file. */
export interface LayerBlob {
  readonly path: string
  readonly digest: string
  readonly diffId: string
  readonly size: number
  readonly mediaType: string
}

const BLOCK = 512
const PIECE = 1 << 20

/**
 * Writes a plain tar of one directory `usr` with `files` files, of together about `size` bytes that no compression makes
 * smaller. The same seed gives the same bytes.
 */
export function writeLargeLayer(
  path: string,
  options: { readonly size: number; readonly seed: number; readonly files?: number },
): LayerBlob {
  const { size, seed, files = 3 } = options
  const key = createHash('sha256').update(`layer ${seed}`).digest()
  const random = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  const zeros = new Uint8Array(PIECE)
  const hash = createHash('sha256')
  const file = openSync(path, 'wx')
  let written = 0
  const write = (bytes: Uint8Array) => {
    hash.update(bytes)
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    written += bytes.length
  }
  try {
    write(header({ name: 'usr/', type: '5', size: 0 }))
    const fileSize = Math.floor(size / files)
    for (let number = 1; number <= files; number++) {
      write(header({ name: `usr/${seed}-${number}`, type: '0', size: fileSize }))
      for (let left = fileSize; left > 0; left -= PIECE) {
        write(random.update(zeros.subarray(0, Math.min(left, PIECE))))
      }
      write(new Uint8Array(-fileSize & (BLOCK - 1)))
    }
    write(new Uint8Array(2 * BLOCK))
  } finally {
    closeSync(file)
  }
  const digest = `sha256:${hash.digest('hex')}`
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  return { path, digest, diffId: digest, size: written, mediaType }
}

function header(entry: { name: string; type: string; size: number }): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(entry.name, 0)
  block.write(octal(entry.type === '5' ? 0o755 : 0o644, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(entry.size, 11), 124)
  block.write(octal(1_700_000_000, 11), 136)
  block.write('        ', 148)
  block.write(entry.type, 156)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
