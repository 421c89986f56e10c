import { concatBytes, decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import { escapeField, type FileTree, type Inode, type LeafContent, ROOT } from '@composefs/tree'

/** The tree as nested lists. A directory is filled when it is opened, so a large image costs what is looked at. */
export function treeView(tree: FileTree): HTMLElement {
  const root = directory(tree, ROOT, { name: '/', path: new Uint8Array() })
  root.open = true
  return root
}

const SLASH = encodeUtf8('/')

interface Place {
  readonly name: string
  /** Empty for the root. */
  readonly path: Uint8Array
}

function directory(tree: FileTree, inode: Inode, place: Place): HTMLDetailsElement {
  const details = document.createElement('details')
  const summary = document.createElement('summary')
  summary.textContent = place.name
  summary.append(remark(ownership(tree, inode)))
  details.append(summary)
  details.dataset.path = place.path.length === 0 ? '/' : latin1(escapeField(place.path))
  details.addEventListener('toggle', () => fill(tree, inode, { details, place }), { once: true })
  return details
}

function fill(
  tree: FileTree,
  inode: Inode,
  { details, place }: { readonly details: HTMLElement; readonly place: Place },
): void {
  const list = document.createElement('ul')
  for (const { name, inode: child } of tree.entries(inode)) {
    const path = concatBytes([place.path, SLASH, name])
    const item = document.createElement('li')
    if (tree.isDirectory(child)) item.append(directory(tree, child, { name: shown(name), path }))
    else showLeaf(tree, child, { item, name: shown(name), path })
    list.append(item)
  }
  details.append(list)
}

function showLeaf(
  tree: FileTree,
  inode: Inode,
  {
    item,
    name,
    path,
  }: { readonly item: HTMLElement; readonly name: string; readonly path: Uint8Array },
): void {
  item.dataset.path = latin1(escapeField(path))
  item.textContent = name
  item.append(remark(`${ownership(tree, inode)} ${describe(tree.content(inode))}`))
}

function describe(content: LeafContent): string {
  switch (content.kind) {
    case 'inline':
      return `${content.data.length} bytes in the image`
    case 'external':
      return `${content.size} bytes in object ${content.digest.objectPath}`
    case 'external-no-verity':
    case 'sparse':
      return `${content.size} bytes`
    case 'symlink':
      return `→ ${shown(content.target)}`
    case 'chr':
    case 'blk':
      return `${content.kind} ${content.rdev}`
    default:
      return content.kind
  }
}

function ownership(tree: FileTree, inode: Inode): string {
  const mode = tree.mode(inode).toString(8).padStart(4, '0')
  return ` ${mode} ${tree.uid(inode)}:${tree.gid(inode)}`
}

function remark(text: string): HTMLElement {
  const span = document.createElement('span')
  span.className = 'more'
  span.textContent = text
  return span
}

/** A name as people read it; escaped where it is no text, or has in it what does not show or turns the direction. */
function shown(name: Uint8Array): string {
  const text = decodeUtf8(name)
  return text === undefined || /[\p{C}\p{Zl}\p{Zp}]/u.test(text) ? latin1(escapeField(name)) : text
}

/** Escaped names are ASCII. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
