import { compareBytes, encodeUtf8 } from '@composefs/bytes'
import { openImage } from '@composefs/erofs'
import { type FileTree, type Inode, ROOT } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Json, Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { openNamedImage } from '../repository/open-image.ts'
import type { dumpFiles } from './dump-files.ts'
import {
  entriesBelow,
  formatTreeEntry,
  type ListedEntry,
  treeEntryDocument,
} from './tree-entries.ts'

export async function run(args: Args<typeof dumpFiles>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  using image = openNamedImage(repository, args.name)
  const tree = openImage(image.bytes(), { algorithm: repository.algorithm }).toTree(
    repository.algorithm,
  )
  const places = args.paths.map(path => ({ path, inode: find(tree, path) }))
  if (args['backing-path-only']) {
    const lines = places.map(({ path, inode }) => `${path} ${backingPath(tree, path, inode)}\n`)
    if (!context.globals.json) return { bytes: lines.map(encodeUtf8) }
  }
  const lists = places.map(({ path, inode }) => entriesBelow(tree, encodeUtf8(path), inode))
  if (context.globals.json) return { json: document(tree, lists) }
  return { bytes: lines(tree, lists) }
}

function* lines(tree: FileTree, lists: Iterable<Iterable<ListedEntry>>): Generator<Uint8Array> {
  for (const list of lists) for (const entry of list) yield formatTreeEntry(tree, entry)
}

function document(tree: FileTree, lists: Iterable<Iterable<ListedEntry>>): Json {
  // Texts come in the order of the arguments, lists of documents in that of their names.
  const entries = [...lists].flatMap(list => [...list]).sort((a, b) => compareBytes(a.path, b.path))
  return {
    schema: 'cfsctl.dump-files/1',
    entries: entries.map(entry => treeEntryDocument(tree, entry)),
  }
}

/** The inode at a path as it is typed: empty and `.` components go nowhere. */
function find(tree: FileTree, path: string): Inode {
  let inode: Inode = ROOT
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    const next = tree.isDirectory(inode) ? tree.lookup(inode, encodeUtf8(name)) : undefined
    if (next === undefined || name === '..') {
      throw new CliError('path-not-found', `${path} not found`, { context: { path } })
    }
    inode = next
  }
  return inode
}

function backingPath(tree: FileTree, path: string, inode: Inode): string {
  if (tree.isDirectory(inode)) throw new CliError('usage', `${path} is a directory`)
  const content = tree.content(inode)
  if (content.kind === 'external') return content.digest.objectPath
  const object = content.kind === 'external-no-verity' ? content.object : undefined
  return object?.objectPath ?? 'inline'
}
