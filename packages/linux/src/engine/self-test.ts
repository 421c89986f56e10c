import type { BlockHasher, StreamHash, StreamHashName } from '@composefs/fsverity'
import type { Decoder } from './decoder.ts'

/** `composefs ` twenty times, as gzip and as a zstd frame with a checksum. */
const TEXT = 'composefs '.repeat(20)
const GZIP = 'H4sIAAAAAAAAA0vOzy3IL05NK1ZIHtIsAM2WOcfIAAAA'
const ZSTD = 'KLUv/STIjQAAUGNvbXBvc2VmcyABALtSBQlD5Itd'

/** The known answers: what each hash gives for the data of `blocksWork` and of `streamWorks`, in base64. */
const BLOCK_ANSWERS: Readonly<Record<string, string>> = {
  sha256: 'W/WOgvX7AE7tcgDQeQcOflCy31tyHnr9Sj2eWWtlp/w=',
  sha512:
    'PmmlSxlw1Dch4VF/94nnD36S6+yOEHed0OybJrZWglFdhsmmLFSLoLqornecYOs/kU+aTpA9oWWp3FeKUbQsYA==',
}
const STREAM_ANSWERS: Readonly<Record<StreamHashName, string>> = {
  sha256: 'gP9cQZg7EvApqrZHyMX67hXkAADF1mThxE8IO7i9YHs=',
  sha384: 'IU1M/Zozx7OoObsM1ObaASUdrvK9Vhbr+0EMVuLXD5In+XJUKOzqbJYWWE+C8RXv',
  sha512:
    'Xz6eaAT0DuijbMlSAtSsHHy8Z/2GPfgjCxsZwXZ2ZRRIHeXeRPm545gouYHA5/iZpnBe8iELObJeFWIqhxwSXA==',
}

/** Whether a hasher of blocks is right about whole blocks and one that is not, in one hash over its answers. */
export function blocksWork(hasher: BlockHasher): boolean {
  const { digestSize, name } = hasher.algorithm
  const data = new Uint8Array(2 * 4096 + 99).fill(0x5a)
  // No block is like another one, and their order counts.
  data[5000] = 1
  const hashes = new Uint8Array(4 * digestSize)
  hasher.hashBlocks(data, 4096, hashes)
  hashes.set(hasher.hash(data), 3 * digestSize)
  return isAnswer(hasher.hash(hashes), BLOCK_ANSWERS[name])
}

/** Whether a new stream hash, which is used up, is right. */
export function streamWorks(hash: StreamHash, name: StreamHashName): boolean {
  hash.update(new Uint8Array(1000).fill(7))
  hash.update(new Uint8Array(7).fill(1))
  return isAnswer(hash.digest(), STREAM_ANSWERS[name])
}

/** Whether a decoder of gzip members decompresses what is known, and sees what is wrong with it. */
export function gzipWorks(decoder: Decoder): boolean {
  return works(decoder, Buffer.from(GZIP, 'base64'), 'Z_DATA_ERROR')
}

/** Whether a decoder of zstd frames decompresses what is known, and sees what is wrong with it. */
export function zstdWorks(decoder: Decoder): boolean {
  return works(decoder, Buffer.from(ZSTD, 'base64'), 'ZSTD_error_checksum_wrong')
}

function works(decoder: Decoder, packed: Uint8Array, code: string): boolean {
  const expected = Buffer.from(TEXT)
  const unpacked = unpack(decoder, packed)
  if (unpacked === undefined || !isEqual(unpacked, expected)) return false
  const damaged = Uint8Array.from(packed)
  // The checksum of both ends here, or before the length.
  const at = code === 'Z_DATA_ERROR' ? packed.length - 5 : packed.length - 1
  damaged[at] = (damaged[at] as number) ^ 1
  decoder.reset()
  try {
    unpack(decoder, damaged)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === code
  }
  return false
}

/** What is packed, in two pieces of input and two of output; undefined when the decoder counts wrong. */
function unpack(decoder: Decoder, packed: Uint8Array): Uint8Array | undefined {
  const output = new Uint8Array(TEXT.length + 100)
  const first = decoder.step(packed.subarray(0, 9), output.subarray(0, 70))
  if (first.read !== 9 || first.written !== 0 || first.isEnd) return undefined
  let read = first.read
  let written = 0
  for (const end of [70, output.length]) {
    const step = decoder.step(packed.subarray(read), output.subarray(written, end))
    read += step.read
    written += step.written
    if (step.isEnd) return read === packed.length ? output.subarray(0, written) : undefined
    if (written !== end) return undefined
  }
  return undefined
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function isAnswer(hash: Uint8Array, answer: string | undefined): boolean {
  return answer !== undefined && isEqual(hash, Buffer.from(answer, 'base64'))
}
