import { seededRandom } from '@composefs/test-fixtures'
import { CompressibleBytes } from './compressible-bytes.ts'
import { tarEnd, tarHeader, tarPadding } from './tar-entry.ts'

const SMALL_FILES = 50_000

const FILES_PER_DIRECTORY = 100
const KIB = 1024

/** The tar of many files of 1 to 8 KiB, all different. */
export function* manySmallFiles(count = SMALL_FILES): Generator<Buffer> {
  const random = seededRandom(51)
  const contents = new CompressibleBytes(52)
  yield tarHeader({ name: 'usr/', type: 'directory' })
  for (let index = 0; index < count; index++) {
    const directory = `usr/d${Math.floor(index / FILES_PER_DIRECTORY)}`
    if (index % FILES_PER_DIRECTORY === 0) {
      yield tarHeader({ name: `${directory}/`, type: 'directory' })
    }
    const content = contents.next(KIB + random.below(7 * KIB))
    yield tarHeader({ name: `${directory}/f${index}`, type: 'file', size: content.length })
    yield content
    yield tarPadding(content.length)
  }
  yield tarEnd()
}
