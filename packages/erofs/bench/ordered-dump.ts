import { seededRandom } from '@composefs/test-fixtures'

type Random = ReturnType<typeof seededRandom>

const WORDS = ['base', 'config', 'core', 'data', 'doc', 'kernel', 'lib', 'locale', 'module', 'net']
const SUFFIXES = ['', '.gz', '.py', '.so', '.txt']
const LABELS = ['bin_t', 'etc_t', 'lib_t', 'man_t', 'usr_t']

/** Files of a directory, and how many entries each of its directories is to have at least. */
const FILES = { min: 5, more: 40 }
const ENTRIES_MIN = 12
const DIRECTORIES_MAX = 12

/**
 * The lines of a dump file as tools write them of a file system: depth first, names in order, most of them files that
 * are named by their digest, some symlinks, small files and hard links, one label for a directory.
 */
export function* orderedDump(entries: number, seed = 1): Generator<string> {
  const random = seededRandom(seed)
  yield `/ 0 40755 2 0 0 0 1700000000.0 - - - ${label(random)}`
  yield* directory(random, '', entries - 1)
}

/** `entries` lines of what is below a directory. */
function* directory(random: Random, path: string, entries: number): Generator<string> {
  const names = new Map<string, number>()
  const add = (below: number) => {
    const name = () => `${random.pick(WORDS)}-${random.pick(WORDS)}${random.below(10_000)}`
    let chosen = ''
    do chosen = below === 0 ? name() + random.pick(SUFFIXES) : name()
    while (names.has(chosen))
    names.set(chosen, below)
  }
  const files = Math.min(entries, FILES.min + random.below(FILES.more))
  for (let i = 0; i < files; i++) add(0)
  let left = entries - files
  const wanted = Math.min(2 + random.below(DIRECTORIES_MAX - 1), Math.ceil(left / ENTRIES_MIN))
  for (let i = wanted; i > 0 && left > 0; i--) {
    const share = i === 1 ? left : Math.min(left, 1 + random.below(Math.ceil((2 * left) / i)))
    add(share)
    left -= share
  }
  const xattr = label(random)
  let first: string | undefined
  for (const [name, below] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const child = `${path}/${name}`
    if (below > 0) {
      yield `${child} 0 40755 2 0 0 0 ${time(random)} - - - ${xattr}`
      yield* directory(random, child, below - 1)
    } else if (first !== undefined && random.below(50) === 0) {
      yield `${child} 0 @100644 - - - - 0.0 ${first} - -`
    } else {
      first ??= child
      yield `${child} ${leaf(random)} ${xattr}`
    }
  }
}

/** The fields of a leaf from SIZE to DIGEST. */
function leaf(random: Random): string {
  const kind = random.below(10)
  const when = time(random)
  if (kind === 0) {
    const target = `../${random.pick(WORDS)}/${random.pick(WORDS)}`
    return `${target.length} 120777 1 0 0 0 ${when} ${target} - -`
  }
  const mode = random.below(4) === 0 ? '100755' : '100644'
  if (kind === 1) {
    const content = 'c'.repeat(1 + random.below(64))
    return `${content.length} ${mode} 1 0 0 0 ${when} - ${content} -`
  }
  const word = () =>
    random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0')
  const digest = Array.from({ length: 8 }, word).join('')
  const size = 65 + random.below(100_000)
  const path = `${digest.slice(0, 2)}/${digest.slice(2)}`
  return `${size} ${mode} 1 0 0 0 ${when} ${path} - ${digest}`
}

function time(random: Random): string {
  return `${1_600_000_000 + random.below(100_000_000)}.0`
}

function label(random: Random): string {
  return `security.selinux=system_u:object_r:${random.pick(LABELS)}:s0\\x00`
}
