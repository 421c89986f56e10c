import { RandomBytes } from './random-bytes.ts'
import { tarEnd, tarHeader } from './tar-entry.ts'

const MIB = 1 << 20

/** The tar of a few big files that cannot be compressed. */
export function* bigFiles(count = 4, mebibytes = 256): Generator<Buffer> {
  const bytes = new RandomBytes('big files')
  yield tarHeader({ name: 'usr/', type: 'directory' })
  for (let file = 0; file < count; file++) {
    yield tarHeader({ name: `usr/big${file}`, type: 'file', size: mebibytes * MIB })
    for (let at = 0; at < mebibytes; at++) yield bytes.next(MIB)
  }
  yield tarEnd()
}
