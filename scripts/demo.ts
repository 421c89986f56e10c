// The main job on a small image: build, pull, seal, mount, look at a file. Everything is made fresh and removed again.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeDemoLayout } from '../test-fixtures/src/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'apps/cfsctl/dist/main.js')

build()
const work = mkdtempSync(join(tmpdir(), 'composefs-demo-'))
try {
  await demo(work)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function build(): void {
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', '--output-logs=errors-only'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    },
  )
  if (status !== 0) process.exit(status ?? 1)
}

async function demo(work: string): Promise<void> {
  const layout = join(work, 'layout')
  await writeDemoLayout(layout)
  const repository = join(work, 'repository')
  const target = join(work, 'mnt')
  mkdirSync(target)

  say('A fresh repository, without fs-verity so that it works on any file system')
  cfsctl(['init', '--insecure', repository])
  say('Pull an image of three layers from an OCI layout')
  cfsctl(['--repo', repository, 'oci', 'pull', `oci:${layout}:demo`, 'demo'])
  say('Its id: the fs-verity digest of the EROFS image of its files')
  cfsctl(['--repo', repository, 'oci', 'compute-id', 'demo'])
  say('Seal it: the id goes into the config as a label')
  cfsctl(['--repo', repository, 'oci', 'seal', 'demo'])
  say('Mount it, and look inside')
  const mounted = cfsctl(['--repo', repository, 'oci', 'mount', 'demo', target], { mayFail: true })
  if (!mounted) {
    console.log(
      'This machine does not let us mount (see above); the image lists the file all the same:',
    )
    cfsctl(['--repo', repository, 'oci', 'dump', 'demo'])
    return
  }
  try {
    console.log(
      `$ ls ${shown('mnt/usr/share')}\n${readdirSync(join(target, 'usr/share')).join('  ')}`,
    )
    const greeting = readFileSync(join(target, 'usr/share/greeting'), 'utf8')
    console.log(`$ head -c 45 ${shown('mnt/usr/share/greeting')}\n${greeting.slice(0, 45)}`)
  } finally {
    cfsctl(['umount', target])
  }
}

function cfsctl(args: readonly string[], options: { mayFail?: boolean } = {}): boolean {
  console.log(`$ cfsctl ${args.map(shown).join(' ')}`)
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' })
  if (status !== 0 && options.mayFail !== true) throw new Error(`cfsctl ended with ${status}`)
  return status === 0
}

function say(text: string): void {
  console.log(`\n# ${text}`)
}

/** A path without the temporary directory in front. */
function shown(text: string): string {
  return text.replaceAll(`${work}/`, '')
}
