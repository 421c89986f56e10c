import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { decodeUtf8, encodeUtf8, toHex } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { type FileTree, type Inode, parseDump, walk } from '@composefs/tree'

/** Largest file made on disk, in bytes: a dump may name files of many gigabytes. */
const FILE_SIZE_MAX = 20_000

/**
 * Makes the tree of a dump on disk, as root, with an empty `/usr`: every type, hard links, owners, times and xattrs.
 * Files that the dump keeps in objects get bytes made from their digest.
 */
export function materialize(directory: string, lines: Iterable<string>): void {
  const tree = parseDump(encodeUtf8(`${[...lines].join('\n')}\n`), SHA256)
  const made: { at: Buffer; inode: Inode }[] = []
  const devices: string[] = []
  const links: { from: Buffer; at: Buffer }[] = []
  for (const { path, inode, isFirstName, firstPath } of walk(tree)) {
    const at = placeOf(directory, path)
    if (!isFirstName) links.push({ from: placeOf(directory, firstPath), at })
    else {
      if (!make(tree, inode, at)) devices.push(mknodLine(tree, inode, at))
      made.push({ at, inode })
    }
  }
  mkdirSync(`${directory}/usr`)
  run('bash', devices.join('\n'))
  for (const { from, at } of links) linkSync(from, at)
  run('setfattr', made.map(({ at, inode }) => xattrLines(tree, inode, at)).join(''), [
    '-h',
    '--restore=-',
  ])
  // A directory's time is set after its children were made.
  for (const { at, inode } of made.reverse()) setOwnerAndTime(tree, inode, at)
}

function placeOf(directory: string, path: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(directory), path.length > 1 ? path : new Uint8Array(0)])
}

/** Makes the inode under its first name; false for what only mknod can make. */
function make(tree: FileTree, inode: Inode, at: Buffer): boolean {
  if (tree.isDirectory(inode)) {
    mkdirSync(at)
    return true
  }
  const content = tree.content(inode)
  if (content.kind === 'symlink') symlinkSync(Buffer.from(content.target), at)
  else if (content.kind === 'inline') writeFileSync(at, content.data)
  else if (content.kind === 'external') {
    writeFileSync(at, Buffer.alloc(Math.min(content.size, FILE_SIZE_MAX), content.digest.bytes))
  } else if (content.kind === 'socket') writeFileSync(at, 'no socket here')
  else return false
  return true
}

function mknodLine(tree: FileTree, inode: Inode, at: Buffer): string {
  const content = tree.content(inode)
  // Names are any bytes; the arguments of a program must be text.
  const name = `"$(printf '${octal(at)}')"`
  if (content.kind !== 'chr' && content.kind !== 'blk') return `mknod ${name} p`
  const { rdev } = content
  const minor = (rdev & 0xff) | ((rdev >>> 12) & ~0xff)
  return `mknod ${name} ${content.kind === 'chr' ? 'c' : 'b'} ${(rdev >>> 8) & 0xfff} ${minor}`
}

function xattrLines(tree: FileTree, inode: Inode, at: Buffer): string {
  const kind = tree.kind(inode)
  const allowed = tree
    .xattrs(inode)
    .map(({ name, value }) => ({ name: decodeUtf8(name) ?? '', value }))
    // The kernel keeps user.* of regular files and directories only.
    .filter(({ name }) => !name.startsWith('user.') || kind === 'regular' || kind === 'directory')
  if (allowed.length === 0) return ''
  return [
    `# file: ${octal(at)}`,
    ...allowed.map(({ name, value }) => `${name}=0x${toHex(value)}`),
    '',
    '',
  ].join('\n')
}

function setOwnerAndTime(tree: FileTree, inode: Inode, at: Buffer): void {
  // The largest id means "leave it" to chown.
  const owner = (id: number) => Math.min(id, 2 ** 32 - 2)
  lchownSync(at, owner(tree.uid(inode)), owner(tree.gid(inode)))
  if (tree.kind(inode) !== 'symlink') chmodSync(at, tree.mode(inode))
  const seconds = Number(tree.mtimeSeconds(inode)) + tree.mtimeNanoseconds(inode) / 1e9
  lutimesSync(at, seconds, seconds)
}

function octal(bytes: Uint8Array): string {
  return [...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}

function run(program: string, input: string, args: readonly string[] = []): void {
  const { status, stderr, error } = spawnSync(program, args, { input })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program}: ${stderr.toString('utf8').slice(0, 500)}`)
}
