import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { showUtf8, toHex } from '@composefs/bytes'
import { linuxSystem } from '@composefs/linux'
import { buildTar, debianRootfsFile, type LayerFile, writeLayout } from '@composefs/test-fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { bytesOf, runOurs, textOf } from './programs.ts'

const rootfs = process.getuid?.() === 0 ? debianRootfsFile() : { reason: 'needs root to mount' }
const why = 'reason' in rootfs ? `: ${rootfs.reason}` : ''

describe.skipIf('reason' in rootfs)(`a sealed Debian image mounted by the kernel${why}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'composefs-mount-'))
  const target = join(work, 'mnt')
  afterAll(() => {
    spawnSync('umount', ['-l', target])
    rmSync(work, { recursive: true, force: true })
  })

  test.each(['sha256', 'sha512'])(
    'shows the unpacked root file system, %s',
    { timeout: 600_000 },
    async hash => {
      if ('reason' in rootfs) return
      const unpacked = join(work, `rootfs-${hash}`)
      mkdirSync(unpacked)
      mkdirSync(target, { recursive: true })
      const extras = join(work, 'extras.tar')
      writeFileSync(extras, await buildTar(EXTRAS))
      unpack(rootfs.path, unpacked)
      unpack(extras, unpacked)
      // GNU tar leaves the time of a directory that exists already at now.
      for (const name of ['usr/bin', 'usr/lib'])
        utimesSync(join(unpacked, name), EXTRAS_MTIME, EXTRAS_MTIME)
      const layout = writeLayout(join(work, `layout-${hash}`), {
        tag: 'deb',
        layers: [
          { tar: readFileSync(rootfs.path), compression: 'zstd' },
          { tar: readFileSync(extras), compression: 'gzip' },
        ],
      })
      const repository = join(work, `repo-${hash}`)
      const ours = (...args: string[]) => runOurs(['--repo', repository, ...args])
      bytesOf(runOurs(['init', '--insecure', '--algorithm', `fsverity-${hash}-12`, repository]))
      bytesOf(ours('oci', 'pull', `oci:${layout.directory}:deb`, 'deb'))
      const sealed = textOf(ours('oci', 'seal', 'deb'))
      const label = /^image +([0-9a-f]+)$/m.exec(sealed)?.[1]
      expect(JSON.parse(textOf(ours('oci', 'inspect', '--config', 'deb'))).config.Labels).toEqual({
        'containers.composefs.fsverity': label,
      })
      expect(textOf(ours('oci', 'compute-id', 'deb'))).toBe(label)
      bytesOf(ours('oci', 'mount', 'deb', target))
      const seen = describeTree(target)
      bytesOf(ours('umount', target))
      const wanted = transformed(describeTree(unpacked))
      expect(seen.size).toBeGreaterThan(8000)
      expect(seen.get('usr/bin/ping')?.xattrs).toMatch(/^security.capability=/)
      expect(difference(seen, wanted)).toEqual([])
      rmSync(unpacked, { recursive: true })
    },
  )
})

/** Seconds: the time that `buildTar` gives its entries. */
const EXTRAS_MTIME = 1_700_000_000

/** What a minimal root file system lacks: capabilities, other xattrs, devices, a link into the lower layer. */
const EXTRAS: readonly LayerFile[] = [
  { name: 'usr/bin/', type: 'directory' },
  { name: 'usr/lib/', type: 'directory' },
  {
    name: 'usr/bin/ping',
    mode: 0o755,
    content: 'p'.repeat(5000),
    xattrs: {
      'security.capability': '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
      'user.dropped': 'by the filter',
    },
  },
  { name: 'usr/bin/true-again', type: 'link', linkname: 'usr/bin/true' },
  { name: 'usr/lib/a-device', type: 'character-device', devmajor: 5, devminor: 300, mode: 0o600 },
  { name: 'usr/lib/a-pipe', type: 'fifo', uid: 70_000, gid: 5 },
  { name: 'usr/lib/setuid', mode: 0o4755, uid: 1000, content: 'small' },
  { name: 'usr/lib/old', mtime: 1, content: 'x'.repeat(65) },
]

function unpack(file: string, directory: string): void {
  const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-p']
  const { status, stderr } = spawnSync('tar', ['-x', ...options, '-C', directory, '-f', file])
  if (status !== 0) throw new Error(`tar: ${stderr}`)
}

interface Entry {
  readonly owner: string
  readonly mode: string
  readonly mtime: bigint
  readonly xattrs: string
  readonly content: string
}

/** Every path below `root`, itself included as the empty one, with all that a mount has to show of it. */
function describeTree(root: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const names = ['', ...namesBelow(Buffer.from(`${root}/`), '')]
  const inodes = new Map<bigint, string>()
  for (const name of names.sort()) {
    const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')])
    const stat = lstatSync(path, { bigint: true })
    const first = inodes.get(stat.ino) ?? name
    if (!stat.isDirectory()) inodes.set(stat.ino, first)
    entries.set(name, {
      owner: `${stat.uid}:${stat.gid}`,
      mode: stat.mode.toString(8),
      mtime: stat.mtimeNs,
      xattrs: xattrsOf(path),
      content: stat.isDirectory() ? '' : `${first} ${contentOf(path, stat)}`,
    })
  }
  return entries
}

/** Paths below `directory` as latin1 text; symlinks are not followed. */
function namesBelow(directory: Buffer, prefix: string): string[] {
  return readdirSync(directory, { encoding: 'buffer', withFileTypes: true }).flatMap(entry => {
    const name = prefix + entry.name.toString('latin1')
    if (!entry.isDirectory()) return [name]
    return [
      name,
      ...namesBelow(Buffer.concat([directory, entry.name, Buffer.from('/')]), `${name}/`),
    ]
  })
}

function contentOf(
  path: Buffer,
  stat: { isFile(): boolean; isSymbolicLink(): boolean; rdev: bigint },
): string {
  if (stat.isFile()) return createHash('sha256').update(readFileSync(path)).digest('hex')
  if (stat.isSymbolicLink()) return readlinkSync(path, 'latin1')
  return String(stat.rdev)
}

function xattrsOf(path: Buffer): string {
  return linuxSystem
    .listXattrs(path)
    .map(
      name => `${showUtf8(name)}=${toHex(linuxSystem.getXattr(path, name) ?? new Uint8Array(0))}`,
    )
    .sort()
    .join(' ')
}

/** What the OCI transform makes of a root file system. */
function transformed(entries: Map<string, Entry>): Map<string, Entry> {
  const usr = entries.get('usr')
  const run = entries.get('run')
  if (usr === undefined || run === undefined) throw new Error('no /usr or /run')
  const kept = [...entries].filter(([name]) => !name.startsWith('run/'))
  const result = new Map(
    kept.map(([name, entry]) => [
      name,
      { ...entry, xattrs: entry.xattrs.split(' ').filter(isKept).join(' ') },
    ]),
  )
  result.set('', { ...(result.get('usr') ?? usr) })
  result.set('run', { ...run, mtime: usr.mtime })
  return result
}

function isKept(xattr: string): boolean {
  return xattr.startsWith('security.capability=')
}

function difference(seen: Map<string, Entry>, wanted: Map<string, Entry>): unknown[] {
  const names = new Set([...seen.keys(), ...wanted.keys()])
  return [...names].flatMap(name => {
    const [a, b] = [seen.get(name), wanted.get(name)]
    const same =
      a !== undefined &&
      b !== undefined &&
      Object.keys(a).every(key => a[key as keyof Entry] === b[key as keyof Entry])
    return same ? [] : [{ name, seen: a, wanted: b }]
  })
}
