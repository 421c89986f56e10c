import { escapeField, type FileTree, type Inode, walk } from '@composefs/tree'

/** Lines are handed out in pieces of about this many. */
const LINES = 1024

/**
 * The listing of `composefs-info ls`: a path a line, directories with a slash, and behind a TAB where a link leads or
 * which object holds the content. Blanks stay, all else is escaped as in dump files.
 */
export function* listingLines(
  tree: FileTree,
  filter: readonly Uint8Array[] | undefined,
): Generator<Uint8Array> {
  const wanted = filter && new Set(filter.map(firstComponent))
  let lines: string[] = []
  for (const { path, inode } of walk(tree)) {
    // The root has no line.
    if (path.length <= 1 || wanted?.has(firstComponent(path.subarray(1))) === false) continue
    lines.push(`${escapePath(path)}${suffix(tree, inode)}\n`)
    if (lines.length < LINES) continue
    yield Buffer.from(lines.join(''), 'latin1')
    lines = []
  }
  yield Buffer.from(lines.join(''), 'latin1')
}

function suffix(tree: FileTree, inode: Inode): string {
  if (tree.isDirectory(inode)) return '/\t'
  const content = tree.content(inode)
  switch (content.kind) {
    case 'symlink':
      return `\t-> ${escapePath(content.target)}`
    case 'external':
      return `\t@ ${content.payload === undefined ? content.digest.objectPath : escapePath(content.payload)}`
    case 'external-no-verity':
      return `\t@ ${content.object?.objectPath ?? escapePath(content.payload ?? new Uint8Array(0))}`
    default:
      return ''
  }
}

function escapePath(bytes: Uint8Array): string {
  return Buffer.from(escapeField(bytes)).toString('latin1').replaceAll('\\x20', ' ')
}

/** The bytes up to the first slash, as text that only compares. */
function firstComponent(path: Uint8Array): string {
  const slash = path.indexOf(0x2f)
  return Buffer.from(path.subarray(0, slash < 0 ? path.length : slash)).toString('latin1')
}
