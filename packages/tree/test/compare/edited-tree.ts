import { compareBytes, encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { seededRandom } from '@composefs/test-fixtures'
import {
  type DifferingPart,
  FileTree,
  type Inode,
  type LeafContent,
  type Metadata,
  ROOT,
} from '../../src/index.ts'

interface Leaf {
  metadata: Metadata
  content: LeafContent
  /** Paths without the first slash. */
  names: string[]
}

interface Model {
  readonly directories: Map<string, Metadata>
  readonly leaves: Leaf[]
}

/** A tree before and after an edit script, and what a comparison must find: `changed /etc/motd mode`. */
export interface EditedTree {
  readonly before: FileTree
  readonly after: FileTree
  readonly edits: readonly string[]
}

const NAMES = ['a', 'b', 'bin', 'etc', 'motd', 'x-1', 'x.1', 'ä', '0', 'lib64']

type Random = ReturnType<typeof seededRandom>

/** A random tree of about `size` names, and a random script of edits that do not touch each other. */
export function editedTree(seed: number, size: number, edits: number): EditedTree {
  const random = seededRandom(seed)
  const model = randomModel(random, size)
  const before = treeOf(model)
  const editor = new Editor(model, random)
  for (let i = 0; i < edits; i++) editor.edit()
  return { before, after: treeOf(editor.model), edits: editor.expected() }
}

class Editor {
  readonly model: Model
  readonly #random: Random
  readonly #expected = new Map<string, string>()
  /** Paths of edits: nothing at, above or below them is edited again. */
  readonly #touched = new Set<string>()

  constructor(model: Model, random: Random) {
    this.model = structuredCloneOf(model)
    this.#random = random
  }

  expected(): string[] {
    return [...this.#expected]
      .sort(([a], [b]) => compareBytes(order(a), order(b)))
      .map(([path, text]) => `${text.split(' ')[0]} /${path} ${text.split(' ')[1] ?? ''}`)
  }

  edit(): void {
    const { below, pick } = this.#random
    // Whatever was there may have gone.
    const kind = this.model.leaves.length === 0 ? 0 : below(12)
    if (kind === 0) this.#add()
    else if (kind === 1) this.#addLink()
    else if (kind === 2) this.#remove()
    else if (kind === 3) this.#split()
    else if (kind === 4) this.#changeDirectory()
    else this.#changeLeaf(pick(['mode', 'owner', 'mtime', 'xattrs', 'content', 'type'] as const))
  }

  #add(): void {
    const path = this.#freeName()
    if (path === undefined) return
    this.model.leaves.push({
      metadata: metadata({ mode: 0o640 }),
      content: { kind: 'inline', data: encodeUtf8('new') },
      names: [path],
    })
    this.#note(path, 'added')
  }

  #addLink(): void {
    const path = this.#freeName()
    const leaf = this.#random.pick(this.model.leaves)
    if (path === undefined || !this.#isFree(leaf.names)) return
    leaf.names.push(path)
    for (const name of leaf.names) this.#touched.add(name)
    this.#note(path, 'added')
  }

  #remove(): void {
    const { below, pick } = this.#random
    const directories = [...this.model.directories.keys()].filter(path => path !== '')
    if (below(2) === 0 && directories.length > 0) {
      const path = pick(directories)
      const inside = (name: string) => name === path || name.startsWith(`${path}/`)
      const names = this.model.leaves.flatMap(leaf => leaf.names).filter(inside)
      const groups = this.model.leaves.filter(leaf => leaf.names.some(inside))
      if (!this.#isFree([path, ...groups.flatMap(leaf => leaf.names)])) return
      for (const name of [...directories.filter(inside), ...names]) this.#note(name, 'removed')
      for (const name of directories.filter(inside)) this.model.directories.delete(name)
      for (const leaf of groups) {
        for (const name of leaf.names) this.#touched.add(name)
        leaf.names = leaf.names.filter(name => !inside(name))
      }
      this.#dropNameless()
      return
    }
    const leaf = pick(this.model.leaves)
    if (!this.#isFree(leaf.names)) return
    const path = pick(leaf.names)
    for (const name of leaf.names) this.#touched.add(name)
    leaf.names = leaf.names.filter(name => name !== path)
    this.#note(path, 'removed')
    this.#dropNameless()
  }

  /** A name that is not the first becomes a file of its own. */
  #split(): void {
    const linked = this.model.leaves.filter(leaf => leaf.names.length > 1)
    if (linked.length === 0) return
    const leaf = this.#random.pick(linked)
    if (!this.#isFree(leaf.names)) return
    for (const name of leaf.names) this.#touched.add(name)
    const last = sorted(leaf.names).at(-1) as string
    leaf.names = leaf.names.filter(name => name !== last)
    this.model.leaves.push({ ...leaf, names: [last] })
    this.#note(last, 'changed links')
  }

  #changeDirectory(): void {
    const path = this.#random.pick([...this.model.directories.keys()])
    if (this.#touched.has(path)) return
    const old = this.model.directories.get(path) as Metadata
    this.model.directories.set(path, { ...old, uid: old.uid + 1 })
    // What is in it may still be edited.
    this.#expected.set(path, 'changed owner')
    this.#touched.add(path)
  }

  #changeLeaf(part: DifferingPart): void {
    const leaf = this.#random.pick(this.model.leaves)
    if (!this.#isFree(leaf.names)) return
    for (const name of leaf.names) this.#touched.add(name)
    const { metadata: old } = leaf
    let told = part
    if (part === 'mode') leaf.metadata = { ...old, mode: old.mode ^ 0o111 }
    else if (part === 'owner') leaf.metadata = { ...old, gid: old.gid + 7 }
    else if (part === 'mtime') leaf.metadata = { ...old, mtimeNanoseconds: 5 }
    else if (part === 'xattrs') leaf.metadata = { ...old, xattrs: [xattr('user.new', 'v')] }
    else if (part === 'type') leaf.content = { kind: 'socket' }
    else told = changeContent(leaf)
    this.#note(sorted(leaf.names)[0] as string, `changed ${told}`)
  }

  #note(path: string, text: string): void {
    this.#touched.add(path)
    this.#expected.set(path, text)
  }

  #freeName(): string | undefined {
    const directory = this.#random.pick([...this.model.directories.keys()])
    const path = join(directory, `new-${this.#random.below(1000)}`)
    const isTaken = this.model.leaves.some(leaf => leaf.names.includes(path))
    return isTaken || this.#touched.has(path) ? undefined : path
  }

  #isFree(paths: readonly string[]): boolean {
    return paths.every(
      path =>
        !this.#touched.has(path) && ![...this.#touched].some(other => other.startsWith(`${path}/`)),
    )
  }

  #dropNameless(): void {
    const kept = this.model.leaves.filter(leaf => leaf.names.length > 0)
    this.model.leaves.splice(0, this.model.leaves.length, ...kept)
  }
}

function changeContent(leaf: Leaf): DifferingPart {
  switch (leaf.content.kind) {
    case 'symlink':
      leaf.content = { kind: 'symlink', target: encodeUtf8('elsewhere') }
      return 'target'
    case 'chr':
      leaf.content = { kind: 'chr', rdev: leaf.content.rdev + 1 }
      return 'device'
    case 'fifo':
      leaf.content = { kind: 'socket' }
      return 'type'
    default:
      leaf.content = { kind: 'inline', data: encodeUtf8('changed') }
      return 'content'
  }
}

function randomModel(random: Random, size: number): Model {
  const { below, pick } = random
  const directories = new Map([['', metadata({ mode: 0o755 })]])
  const leaves: Leaf[] = []
  const taken = new Set([''])
  for (let i = 0; i < size; i++) {
    const path = join(pick([...directories.keys()]), pick(NAMES))
    if (taken.has(path)) continue
    taken.add(path)
    const kind = below(10)
    const own = metadata({ mode: pick([0o644, 0o4755, 0o600]), uid: below(3) })
    if (kind < 3) directories.set(path, own)
    else if (kind === 3 && leaves.length > 0) pick(leaves).names.push(path)
    else leaves.push({ metadata: own, content: randomContent(random), names: [path] })
  }
  if (leaves.length === 0) {
    leaves.push({ metadata: metadata({}), content: { kind: 'fifo' }, names: ['only'] })
  }
  return { directories, leaves }
}

function randomContent({ below, pick }: Random): LeafContent {
  switch (below(6)) {
    case 0:
      return { kind: 'symlink', target: encodeUtf8(pick(NAMES)) }
    case 1:
      return { kind: 'chr', rdev: below(300) }
    case 2:
      return { kind: 'fifo' }
    case 3:
      return { kind: 'inline', data: encodeUtf8(pick(NAMES)) }
    default: {
      const number = below(6)
      return { kind: 'external', digest: digestOf(number), size: 100 + number }
    }
  }
}

function digestOf(number: number): Digest {
  return new Digest(SHA256, new Uint8Array(32).fill(number))
}

function metadata(given: Partial<Metadata>): Metadata {
  const nothing = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1_700_000_000n, mtimeNanoseconds: 0 }
  return { ...nothing, xattrs: [], ...given }
}

function xattr(name: string, value: string) {
  return { name: encodeUtf8(name), value: encodeUtf8(value) }
}

function treeOf({ directories, leaves }: Model): FileTree {
  const tree = new FileTree(SHA256, directories.get(''))
  const inodes = new Map<string, Inode>([['', ROOT]])
  const parentOf = (path: string) => inodes.get(path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
  const nameOf = (path: string) => encodeUtf8(path.slice(path.lastIndexOf('/') + 1))
  const byDepth = [...directories].sort(([a], [b]) => a.split('/').length - b.split('/').length)
  for (const [path, own] of byDepth) {
    if (path === '') continue
    inodes.set(path, tree.addDirectory(parentOf(path) as Inode, nameOf(path), own))
  }
  for (const { metadata: own, content, names } of leaves) {
    const [first, ...others] = names as [string, ...string[]]
    const inode = tree.addLeaf(parentOf(first) as Inode, nameOf(first), own, content)
    for (const name of others) tree.link(parentOf(name) as Inode, nameOf(name), inode)
  }
  return tree
}

function structuredCloneOf({ directories, leaves }: Model): Model {
  return {
    directories: new Map(directories),
    leaves: leaves.map(leaf => ({ ...leaf, names: [...leaf.names] })),
  }
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort((a, b) => compareBytes(order(a), order(b)))
}

/** Bytes that sort as a dump does: a slash before everything else. */
function order(path: string): Uint8Array {
  return encodeUtf8(path).map(byte => (byte === 0x2f ? 0 : byte))
}
