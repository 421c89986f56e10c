// Runs the demo, and what else only the executable has, in a Debian root file system that has no Node:
// `pnpm test:exe`. Needs root, for the mount namespace and the mounts in it, and mmdebstrap the first time.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianRootfsFile, writeDemoLayout, writeLayout } from '../../test-fixtures/src/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const executable = join(root, 'apps/cfsctl/dist-exe/cfsctl')
const program = join(root, 'apps/cfsctl/dist/main.js')

const debian = debianRootfsFile()
if (process.getuid?.() !== 0) fail('mounts in a mount namespace of its own need root')
if ('reason' in debian) fail(debian.reason)
const work = mkdtempSync(join(tmpdir(), 'composefs-test-executable-'))
try {
  console.log(`${executable}: ${(statSync(executable).size / 2 ** 20).toFixed(1)} MiB`)
  testCode(join(work, 'hook.cjs'))
  await testIn(join(work, 'root'), debian.path)
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Code that V8 compiles at each start would cost time and change nothing else: only a hook can see it. */
function testCode(hook: string): void {
  writeFileSync(
    hook,
    `const vm = require('node:vm')
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options)
        if (options?.filename?.startsWith('cfsctl/')) console.log(options.filename, this.cachedDataRejected)
      }
    }`,
  )
  const { stdout } = spawnSync(executable, ['init', '--help'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: `--require=${hook}` },
  })
  if (!stdout.startsWith('cfsctl/program.js false\n')) fail(`code was compiled anew: ${stdout}`)
}

async function testIn(system: string, tar: string): Promise<void> {
  mkdirSync(system)
  run('tar', ['-xf', tar, '-C', system])
  const room = join(system, 'work')
  mkdirSync(room)
  chmodSync(room, 0o755)
  await writeDemoLayout(join(room, 'layout'))
  // Large enough that the helper threads start.
  writeLayout(join(room, 'debian'), {
    tag: 'debian',
    layers: [{ tar: readFileSync(tar), compression: 'plain' }],
  })
  copyFileSync(executable, join(system, 'usr/bin/cfsctl'))
  copyFileSync(join(import.meta.dirname, 'demo.sh'), join(room, 'demo.sh'))
  copyFileSync(join(import.meta.dirname, 'limits.sh'), join(room, 'limits.sh'))
  const expected = expectedIds(join(room, 'debian'))
  for (const script of ['demo.sh', 'limits.sh']) {
    run('unshare', [
      ...['--mount', '--propagation', 'private', '--', 'sh', '-euc'],
      // What a service manager or a container has in place. Gone with the namespace.
      `mount --bind "$1" "$1" && cd "$1"
      mount -t proc proc proc && mount --rbind /dev dev && mount -t tmpfs tmpfs run
      mount -t tmpfs tmpfs dev/shm && mount -t tmpfs tmpfs tmp
      exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -eu "/work/$2" "$3"`,
      ...['sh', system, script, expected],
    ])
  }
}

/** The ids that the program finds as npm installs it, one for each hash and format. */
function expectedIds(layout: string): string {
  const args = ['--no-repo', 'oci', 'digests', '--json', `oci:${layout}:debian`]
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`cfsctl ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`)
}

function fail(reason: string): never {
  console.error(`the executable cannot be tested: ${reason}`)
  process.exit(1)
}
