// Runs the tests that need fs-verity in a small virtual machine: `node scripts/test-vm.ts [--kernel 6.12|6.1] [FILTER…]`.
// The option may be given twice. docs/verity-vm.md tells what the machine needs.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Seconds for one machine. A processor that qemu translates is some twenty times slower. */
const TIMEOUT = 1500
/** Guest memory: the tests' own processes and what they write outside the verity file system. */
const MEMORY = '4G'
/** Files that need the kernel, as filters of vitest. */
const TESTS = [
  'test/vm/',
  'packages/linux/test/mount.test.ts',
  'packages/repository/test/linux.test.ts',
]
/** Only the projects that have such tests: each costs seconds to load. */
const PROJECTS = ['linux', 'repository', 'cfsctl']

const root = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { kernel: { type: 'string', multiple: true, default: ['6.12'] } },
  allowPositionals: true,
})

// Built, the program starts several times as fast as from its sources: in the machine that is most of the time.
const built = spawnSync('npx', ['-y', 'pnpm@12', '--filter', 'cfsctl', 'run', 'build:js'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (built.status !== 0) process.exit(built.status ?? 1)

for (const kernel of values.kernel) {
  console.log(`\nLinux ${kernel}`)
  const { status, error } = spawnSync(
    'scripts/verity-vm',
    [
      ...['--kernel', kernel, '--timeout', String(TIMEOUT), '--mem', MEMORY],
      ...['--env', `CFSCTL_BUILT=${root}apps/cfsctl/dist/main.js`, '--'],
      ...[process.execPath, 'node_modules/vitest/vitest.mjs', 'run'],
      ...PROJECTS.flatMap(project => ['--project', project]),
      // One process for all files: starting one is what costs in the machine.
      ...['--pool=threads', '--no-isolate', '--no-file-parallelism'],
      ...(positionals.length > 0 ? positionals : TESTS),
    ],
    { cwd: root, stdio: 'inherit' },
  )
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}
