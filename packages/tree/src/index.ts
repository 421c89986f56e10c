export { diffTrees } from './compare/diff-trees.ts'
export type { DifferingPart, TreeDifference } from './compare/difference.ts'
export {
  type ChangeCounts,
  DifferenceCounter,
  type DifferenceCounts,
} from './compare/difference-counts.ts'
export { explainTrees, type TreeFinding } from './compare/explain-trees.ts'
export {
  type ObjectCounts,
  type ObjectsToFetch,
  objectsToFetch,
} from './compare/objects-to-fetch.ts'
export {
  type ExplainTreesOptions,
  type Side,
  TREE_RULES,
  type TreeRule,
} from './compare/tree-rules.ts'
export { ContentCode } from './content-code.ts'
export { type DumpEntry, formatDumpEntry, formatDumpHardlink } from './dump-line.ts'
export { DumpParser, parseDump } from './dump-parser.ts'
export { type WriteDumpOptions, writeDump } from './dump-writer.ts'
export { isTreeError, TreeError, type TreeErrorCode, type TreeErrorFacts } from './errors.ts'
export { escapeField, escapeXattr, unescapeField } from './escape.ts'
export {
  type FileKind,
  type Inode,
  type LeafContent,
  type Metadata,
  ROOT,
  type Xattr,
} from './inode.ts'
export {
  DEPTH_MAX,
  INLINE_MAX,
  NAME_MAX,
  NANOSECONDS_MAX,
  SIZE_MAX,
  SYMLINK_MAX,
  XATTR_NAME_MAX,
  XATTR_VALUE_MAX,
} from './limits.ts'
export {
  kindOfMode,
  PERMISSION_MASK,
  TYPE_BITS,
  TYPE_BLK,
  TYPE_CHR,
  TYPE_DIRECTORY,
  TYPE_FIFO,
  TYPE_MASK,
  TYPE_REGULAR,
  TYPE_SOCKET,
  TYPE_SYMLINK,
} from './mode.ts'
export { assertName } from './name.ts'
export type { NameIndex } from './name-table.ts'
export { FileTree, type TreeEntry } from './tree.ts'
export type { Column, TreeView } from './view.ts'
export { type WalkEntry, walk } from './walk.ts'
