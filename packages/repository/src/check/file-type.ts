import type { Dirent, Stats } from 'node:fs'

type Typed = Pick<
  Stats | Dirent<Buffer>,
  | 'isFile'
  | 'isDirectory'
  | 'isSymbolicLink'
  | 'isFIFO'
  | 'isSocket'
  | 'isCharacterDevice'
  | 'isBlockDevice'
>

/** The type of a file in the words of cfsctl. */
export function fileTypeOf(file: Typed): string {
  if (file.isFile()) return 'RegularFile'
  if (file.isDirectory()) return 'Directory'
  if (file.isSymbolicLink()) return 'Symlink'
  if (file.isFIFO()) return 'Fifo'
  if (file.isSocket()) return 'Socket'
  if (file.isCharacterDevice()) return 'CharacterDevice'
  return file.isBlockDevice() ? 'BlockDevice' : 'Unknown'
}
