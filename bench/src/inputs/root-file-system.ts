import { seededRandom } from '@composefs/test-fixtures'
import { CompressibleBytes } from './compressible-bytes.ts'
import { sizeAt } from './size-distribution.ts'
import { tarEnd, tarHeader, tarPadding } from './tar-entry.ts'

/** How many entries of each kind. */
export interface RootShape {
  readonly directories: number
  readonly files: number
  readonly symlinks: number
  readonly hardlinks: number
}

/** 9,000 entries, as many of each kind as Debian's smallest root has. */
export const ROOT_SHAPE: RootShape = {
  directories: 1_400,
  files: 6_829,
  symlinks: 700,
  hardlinks: 71,
}

/** One file in so many has the content of another. */
const FILES_PER_DUPLICATE = 10
/** Larger ones, of which there are few, would change the distribution of sizes. */
const DUPLICATE_MAX = 50_000
/** What every root has; /usr is where `/` gets its metadata from. */
const TOP = ['etc', 'opt', 'usr', 'var']
/** So many levels of directories at most. */
const DEPTH_MAX = 8

/** The tar of a made-up root file system, piece by piece: sizes and kinds as of Debian's smallest. */
export function* rootFileSystem(shape: RootShape = ROOT_SHAPE): Generator<Buffer> {
  const random = seededRandom(41)
  const contents = new CompressibleBytes(42)
  const directories = TOP.map(name => `./${name}`)
  const files: string[] = []
  const earlier: Buffer[] = []
  yield tarHeader({ name: './', type: 'directory' })
  for (const name of directories) yield tarHeader({ name: `${name}/`, type: 'directory' })
  // Sizes come in any order, but each share of the distribution comes once.
  const shares = shuffled(shape.files, random.below)
  for (const [index, kind] of shuffledKinds(shape, random.below).entries()) {
    const parent = random.pick(directories)
    const name = `${parent}/${'dfsh'[kind]}${index.toString(36)}`
    if (kind === DIRECTORY) {
      yield tarHeader({ name: `${name}/`, type: 'directory' })
      if (name.split('/').length <= DEPTH_MAX) directories.push(name)
      continue
    }
    const target = files.length === 0 ? undefined : random.pick(files)
    if (kind === SYMLINK && target !== undefined) {
      yield tarHeader({ name, type: 'symlink', target: target.slice(1) })
      continue
    }
    if (kind === HARDLINK && target !== undefined) {
      yield tarHeader({ name, type: 'hardlink', target })
      continue
    }
    const size = sizeAt((shares[files.length] ?? 0) / Math.max(1, shape.files - 1))
    const isSmall = size < DUPLICATE_MAX
    const isDuplicate = isSmall && earlier.length > 0 && random.below(FILES_PER_DUPLICATE) === 0
    const content = isDuplicate ? random.pick(earlier) : contents.next(size)
    if (isSmall) earlier.push(content)
    files.push(name)
    yield tarHeader({ name, type: 'file', size: content.length })
    yield content
    yield tarPadding(content.length)
  }
  yield tarEnd()
}

const DIRECTORY = 0
const FILE = 1
const SYMLINK = 2
const HARDLINK = 3

/** The kinds of all entries but the root and its directories, in any order. */
function shuffledKinds(shape: RootShape, below: (limit: number) => number): number[] {
  const { directories, files, symlinks, hardlinks } = shape
  const kinds = [
    ...new Array<number>(directories - 1 - TOP.length).fill(DIRECTORY),
    ...new Array<number>(files).fill(FILE),
    ...new Array<number>(symlinks).fill(SYMLINK),
    ...new Array<number>(hardlinks).fill(HARDLINK),
  ]
  return shuffled(kinds.length, below).map(index => kinds[index] ?? FILE)
}

/** The numbers below `count`, in any order. */
function shuffled(count: number, below: (limit: number) => number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index)
  for (let i = count - 1; i > 0; i--) {
    const j = below(i + 1)
    const kept = numbers[i] ?? 0
    numbers[i] = numbers[j] ?? 0
    numbers[j] = kept
  }
  return numbers
}
