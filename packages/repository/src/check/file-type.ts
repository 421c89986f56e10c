import type { DirectoryEntry } from '../directory.ts'

/** The type of an entry, or of what `stat` tells of a file, in the words of cfsctl. */
export function fileTypeOf(file: Omit<DirectoryEntry, 'name'>): string {
  if (file.isFile()) return 'RegularFile'
  if (file.isDirectory()) return 'Directory'
  if (file.isSymbolicLink()) return 'Symlink'
  if (file.isFIFO()) return 'Fifo'
  if (file.isSocket()) return 'Socket'
  if (file.isCharacterDevice()) return 'CharacterDevice'
  return file.isBlockDevice() ? 'BlockDevice' : 'Unknown'
}
