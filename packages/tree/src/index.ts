export { ContentCode } from './content-code.ts'
export { type DifferingPart, diffTrees, type TreeDifference } from './diff.ts'
export { type DumpEntry, formatDumpEntry, formatDumpHardlink } from './dump-line.ts'
export { DumpParser } from './dump-parser.ts'
export { parseDump } from './dumpfile-parse.ts'
export { type WriteDumpOptions, writeDump } from './dumpfile-write.ts'
export { isTreeError, TreeError, type TreeErrorCode, type TreeErrorFacts } from './errors.ts'
export { escapeField, escapeXattr, unescapeField } from './escape.ts'
export {
  type FileKind,
  type Inode,
  type LeafContent,
  type Metadata,
  NAME_MAX,
  ROOT,
  SIZE_MAX,
  XATTR_NAME_MAX,
  XATTR_VALUE_MAX,
  type Xattr,
} from './inode.ts'
export { assertName } from './name.ts'
export type { NameIndex } from './name-table.ts'
export { FileTree, type TreeEntry } from './tree.ts'
export type { Column, TreeView } from './view.ts'
export { type WalkEntry, walk } from './walk.ts'
