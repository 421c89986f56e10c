import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const isRoot = process.getuid?.() === 0

describe.skipIf(peer === undefined)(`the C tools, ours against the peer${why}`, () => {
  const work = temporaryDirectory()
  const root = join(work, 'root')
  const [ours, theirs] = ['ours', 'theirs'].map(side => join(work, side)) as [string, string]

  beforeAll(() => makeRoot(root))

  test.each([
    [[]],
    [['--use-epoch']],
    [['--skip-devices']],
    [['--skip-xattrs']],
    [['--user-xattrs']],
    [['--skip-xattrs', '--user-xattrs']],
    [['--hardlinks']],
    [['--min-version=0', '--max-version=0']],
    [['--min-version=1', '--max-version=1']],
    [['--threads=2', '--digest-store=STORE']],
  ])('mkcomposefs %j of a directory', flags => {
    const make = (run: typeof runOurs, image: string) => {
      const args = flags.map(flag => flag.replace('STORE', `${image}.store`))
      return textOf(run(['mkcomposefs', '--print-digest', ...args, root, image]))
    }
    expect(make(runOurs, ours)).toBe(make(runPeer, theirs))
    expect(readFileSync(ours).equals(readFileSync(theirs))).toBe(true)
    if (flags.some(flag => flag.includes('STORE'))) {
      const { status, stdout } = spawnSync('diff', ['-r', `${ours}.store`, `${theirs}.store`])
      expect([status, stdout.toString()]).toEqual([0, ''])
    }
  })

  test.each([
    [['ls', 'IMAGE']],
    [['ls', '--filter=usr', '--filter', 'we ird', 'IMAGE', 'IMAGE']],
    [['dump', 'IMAGE']],
    [['objects', 'IMAGE']],
    [['missing-objects', '--basedir=STORE', 'IMAGE']],
    [['missing-objects', '--basedir=/nowhere', 'IMAGE']],
    [['measure-file', 'IMAGE', 'ROOT/usr/bin/large']],
  ])('composefs-info %j', words => {
    const store = join(work, 'store')
    textOf(runOurs(['mkcomposefs', `--digest-store=${store}`, root, ours]))
    const places: Readonly<Record<string, string>> = { IMAGE: ours, STORE: store, ROOT: root }
    const args = words.map(word => word.replace(/[A-Z]{4,}/, name => places[name] ?? name))
    const [mine, other] = [runOurs, runPeer].map(run => bytesOf(run(['composefs-info', ...args])))
    expect(mine?.toString('latin1')).toBe(other?.toString('latin1'))
  })
})

/** A directory of all types; without root, of all but devices. */
function makeRoot(path: string): void {
  for (const name of ['usr/bin', 'dev', 'we ird']) mkdirSync(join(path, name), { recursive: true })
  writeFileSync(join(path, 'usr/bin/large'), Buffer.alloc(10_000, 7))
  linkSync(join(path, 'usr/bin/large'), join(path, 'usr/bin/second'))
  writeFileSync(join(path, 'we ird/t\tab'), 'x'.repeat(64))
  writeFileSync(join(path, 'we ird/ü\\'), 'x'.repeat(65))
  symlinkSync('usr/bin', join(path, 'bin'))
  const commands = [
    'mkfifo dev/fifo',
    'setfattr -n user.name -v value usr/bin/large',
    ...(isRoot ? ['mknod dev/null c 1 3', 'mknod dev/disk b 8 1'] : []),
    ...(isRoot ? ['setfattr -n trusted.name -v value usr'] : []),
  ]
  const { status, stderr } = spawnSync('sh', ['-ec', commands.join('\n')], { cwd: path })
  if (status !== 0) throw new Error(stderr.toString())
}
