import { cpSync, linkSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeImage } from '@composefs/erofs'
import { SHA256 } from '@composefs/fsverity'
import { buildTar, type LayerFile, writeLayout } from '@composefs/test-fixtures'
import { parseDump } from '@composefs/tree'
import { runInProcess } from './damage/in-process.ts'

/** Two words that name what should be the same image, and what is to be found out about them. */
export interface ExplainedPair {
  readonly a: string
  readonly b: string
  readonly rule: string
  /** The side that the rule was applied to. */
  readonly side: 'a' | 'b' | null
  /** What explain names first. */
  readonly example: string
  /** Everything that diff finds. */
  readonly changes: readonly string[]
  /** Something to type, as the fix has it. */
  readonly fix: string
}

const TIME = 1_700_000_000

/** What a command prints that has to succeed, without its last newline. It runs in this process. */
export async function outputOf(args: readonly string[]): Promise<string> {
  const { code, message, stdout } = await runInProcess(args)
  if (code !== 'done') throw new Error(`${args.join(' ')}: ${code}: ${message}`)
  return stdout.toString().replace(/\n$/, '')
}

/** The repository of pairs that are in one. */
async function pairsRepository(work: string): Promise<string> {
  const repository = join(work, 'repository')
  const init = ['init', '--insecure', '--algorithm', 'fsverity-sha256-12', '--erofs-version', '1']
  await outputOf([...init, repository])
  return repository
}

/** Stores an image of these layers under the tag. */
export async function storeImage(
  work: string,
  repository: string,
  tag: string,
  layers: readonly (readonly LayerFile[])[],
): Promise<void> {
  const directory = join(work, `layout-${tag}`)
  const tars = await Promise.all(layers.map(buildTar))
  writeLayout(directory, { tag, layers: tars.map(tar => ({ tar, compression: 'gzip' })) })
  await outputOf(['--repo', repository, '--quiet', 'oci', 'pull', `oci:${directory}:${tag}`, tag])
}

/** A small root file system. */
export const BASE: readonly LayerFile[] = [
  { name: 'etc', type: 'directory' },
  { name: 'etc/conf', content: 'a'.repeat(100) },
  { name: 'run', type: 'directory' },
  { name: 'usr', type: 'directory' },
  { name: 'usr/bin', type: 'directory' },
  { name: 'usr/bin/tool', mode: 0o755, content: 't'.repeat(5000), xattrs: { 'user.build': '7' } },
]

/** The layer whose whiteout stands behind the entry that it names, and the layers below it. */
export const LATE: readonly (readonly LayerFile[])[] = [
  BASE,
  [{ name: 'etc/late', content: 'kept' }, { name: 'etc/.wh.late' }],
]

/** Makes ten pairs, each of which one rule tells apart. */
export async function explainedPairs(work: string): Promise<Record<string, ExplainedPair>> {
  const repository = await pairsRepository(work)
  await storeImage(work, repository, 'base', [BASE])
  await storeImage(work, repository, 'more', [
    BASE,
    [{ name: 'usr/bin/extra', mode: 0o755, content: 'x'.repeat(3000) }],
  ])
  await storeImage(work, repository, 'implied', [BASE.filter(({ name }) => name !== 'etc')])
  await storeImage(work, repository, 'late', LATE)
  const dumpOf = (tag: string, ...options: string[]) =>
    outputOf(['--repo', repository, 'oci', 'dump', tag, ...options])
  const file = (name: string, text: string) => {
    const path = join(work, name)
    writeFileSync(path, `${text}\n`)
    return path
  }
  const base = await dumpOf('base')
  const root = directories(work)
  const ids = await Promise.all(
    [1, 2].map(async version => {
      const options = ['--repo', repository, '--erofs-version', String(version)]
      const id = await outputOf([...options, 'create-image', join(root, 'plain')])
      return id.replace(/^\w+:/, '')
    }),
  )
  const image = (name: string, dump: string) => {
    const path = join(work, `${name}.erofs`)
    const chunks: Uint8Array[] = []
    writeImage(parseDump(Buffer.from(`${dump}\n`), SHA256), {
      version: 1,
      write: chunk => void chunks.push(chunk.slice()),
    })
    writeFileSync(path, Buffer.concat(chunks))
    return path
  }
  return {
    nanoseconds: {
      a: image('fine', base.replace(/(\/usr\/bin\/tool .*? \d+)\.0 /, '$1.250000000 ')),
      b: image('coarse', base),
      rule: 'nanoseconds',
      side: 'b',
      example: '/usr/bin/tool',
      changes: ['changed /usr/bin/tool mtime'],
      fix: 'tar --format=posix',
    },
    'xattr filter': {
      a: 'base',
      b: file('unfiltered.dump', await dumpOf('base', '--xattrs', 'keep-user-xattrs')),
      rule: 'xattr-filter',
      side: 'a',
      example: '/usr/bin/tool',
      changes: ['changed /usr/bin/tool xattrs'],
      fix: '--xattrs allowlist-only',
    },
    'implied parent': {
      a: 'implied',
      b: 'base',
      rule: 'implied-parent',
      side: 'a',
      example: '/etc',
      changes: ['changed /etc mtime'],
      fix: 'tar -rf LAYER.tar --no-recursion etc',
    },
    '/run': {
      a: join(root, 'busy'),
      b: file(
        'busy.dump',
        await outputOf([
          ...['--no-repo', '--hash', 'sha256', 'create-dumpfile', '--no-propagate-usr-to-root'],
          join(root, 'busy'),
        ]),
      ),
      rule: 'run-emptied',
      side: 'a',
      example: '/run',
      changes: ['changed /run mtime', 'added /run/lock '],
      fix: 'without --no-propagate-usr-to-root',
    },
    'V1 against V2': {
      a: `image:${ids[0]}`,
      b: `image:${ids[1]}`,
      rule: 'format-version',
      side: null,
      example: 'image',
      changes: [],
      fix: '--erofs-version 1',
    },
    'hard link split': {
      a: join(root, 'plain'),
      b: join(root, 'split'),
      rule: 'hard-links',
      side: 'b',
      example: '/usr/tool2',
      changes: ['changed /usr/tool2 links'],
      fix: 'rsync -aH',
    },
    'late whiteout': {
      a: 'late',
      b: file('lost.dump', (await dumpOf('late')).replace(/\/etc\/late .*\n/, '')),
      rule: 'late-whiteout',
      side: 'b',
      example: '/etc/late',
      changes: ['removed /etc/late '],
      fix: 'whiteouts stand first',
    },
    'mode bits': {
      a: 'base',
      b: file('mode.dump', base.replace(/(\/usr\/bin\/tool \d+) 100755/, '$1 100700')),
      rule: 'mode-bits',
      side: 'b',
      example: '/usr/bin/tool',
      changes: ['changed /usr/bin/tool mode'],
      fix: 'chmod 0755 ./usr/bin/tool',
    },
    'changed file': {
      a: join(root, 'plain'),
      b: join(root, 'changed'),
      rule: 'changed-file',
      side: 'b',
      example: '/usr/tool',
      changes: ['changed /usr/tool content'],
      fix: 'cfsctl diff',
    },
    'added layer': {
      a: 'base',
      b: 'more',
      rule: 'added-layer',
      side: 'b',
      example: 'layer 2',
      changes: ['added /usr/bin/extra '],
      fix: 'cfsctl oci ls-layer sha256:',
    },
  }
}

/** Four directories: as it should be, with a split hard link, with another file, with something in /run. */
function directories(work: string): string {
  const root = join(work, 'directories')
  const make = (name: string, content: string, isSplit: boolean) => {
    const usr = join(root, name, 'usr')
    mkdirSync(usr, { recursive: true })
    mkdirSync(join(root, name, 'run'))
    writeFileSync(join(usr, 'tool'), content.repeat(5000))
    if (isSplit) cpSync(join(usr, 'tool'), join(usr, 'tool2'))
    else linkSync(join(usr, 'tool'), join(usr, 'tool2'))
    return join(root, name)
  }
  make('plain', 't', false)
  make('split', 't', true)
  make('changed', 'u', false)
  mkdirSync(join(make('busy', 't', false), 'run', 'lock'))
  for (const name of ['plain', 'split', 'changed', 'busy']) {
    for (const path of ['usr/tool', 'usr/tool2', 'usr', 'run/lock', 'run', '']) {
      // Only what is in /run tells the time at which it was made.
      const time = path.startsWith('run') ? TIME + 60 : TIME
      if (path !== 'run/lock' || name === 'busy') utimesSync(join(root, name, path), time, time)
    }
  }
  return root
}
