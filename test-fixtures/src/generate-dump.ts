import { seededRandom } from './random.ts'

/** Levels of the generated tree: deep enough to matter, far from the longest path a dump may hold. */
const DEPTH_MAX = 12

/**
 * The lines of a dump file of `entries` entries from a seed: every file type, inline and external content, hard
 * links, xattrs that are shared and that are not, odd names, owners and times beyond the compact inode.
 *
 * Whiteouts are left out, so that every image version stores the same tree; `sha256` digests.
 */
export function* generateDump(entries: number, seed = 1): Generator<string> {
  const random = seededRandom(seed)
  const hex = (bytes: number) =>
    Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, '0')).join('')
  const label = () =>
    `security.selinux=system_u:object_r:${random.pick(['usr_t', 'etc_t', 'bin_t'])}:s0\\x00`
  const directories: string[] = ['']
  const leaves: { path: string; mode: string }[] = []
  yield `/ 0 40755 2 0 0 0 1700000000.0 - - - ${label()}`
  for (let i = 1; i < entries; i++) {
    const parent = random.pick(directories)
    const path = `${parent}/${random.pick(['', 'lib', 'x\\x20y', '-', '.a', '\\xff'])}n${i.toString(36)}`
    const owner = random.pick(['0 0', '0 0', '1000 1000', '70000 5', '4294967295 65536'])
    const time = `${random.pick([1700000000, 1700000000, 1600000000, 0, 2 ** 33])}.${random.pick([0, 0, 5, 999999999])}`
    const xattrs = [
      ...(random.below(3) > 0 ? [label()] : []),
      ...(random.below(10) === 0 ? [`user.n${i}=${hex(4)}`] : []),
      ...(random.below(50) === 0 ? ['trusted.overlay.redirect=/elsewhere'] : []),
    ]
    const line = (size: number | string, mode: string, rdev: number, tail: string) =>
      [`${path} ${size} ${mode} 1 ${owner} ${rdev} ${time} ${tail}`, ...xattrs].join(' ')
    const depth = parent.split('/').length
    const kind = random.below(100)
    if (kind < 3) {
      if (depth < DEPTH_MAX) directories.push(path)
      yield line(0, '40755', 0, '- - -')
      continue
    }
    if (kind < 12 && leaves.length > 0) {
      const target = random.pick(leaves)
      yield `${path} 0 @${target.mode} - - - - 0.0 ${target.path} - -`
      continue
    }
    const mode =
      kind < 20
        ? '120777'
        : kind < 22
          ? '20644'
          : kind < 23
            ? '60644'
            : kind < 24
              ? '10600'
              : kind < 25
                ? '140600'
                : '100644'
    leaves.push({ path, mode })
    if (kind < 20) {
      const target = `../${'t'.repeat(random.below(200))}`
      yield line(target.length, mode, 0, `${target} - -`)
    } else if (kind < 23) {
      yield line(0, mode, 1 + random.below(2 ** 20), '- - -')
    } else if (kind < 25) {
      yield line(0, mode, 0, '- - -')
    } else if (kind < 45) {
      const content = 'c'.repeat(random.below(65))
      yield line(content.length, mode, 0, `- ${content || '-'} -`)
    } else {
      const digest = hex(32)
      const size = random.pick([65, 4096, 30_000, 5_000_000_000])
      yield line(size, mode, 0, `${digest.slice(0, 2)}/${digest.slice(2)} - ${digest}`)
    }
  }
}
