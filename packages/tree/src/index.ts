export { ContentCode } from './content-code.ts'
export { isTreeError, TreeError, type TreeErrorCode, type TreeErrorFacts } from './errors.ts'
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
export type { NameIndex } from './name-table.ts'
export { assertName, FileTree, type TreeEntry } from './tree.ts'
export type { Column, TreeView } from './view.ts'
export { type WalkEntry, walk } from './walk.ts'
