import {
  type LeafContent,
  type Metadata,
  NAME_MAX,
  SYMLINK_MAX,
  XATTR_VALUE_MAX,
} from '@composefs/tree'
import { entryText } from '../entry-text.ts'
import { OciError } from '../errors.ts'
import { DEVICE_MAJOR_MAX, DEVICE_MINOR_MAX, encodeDevice } from '../tar/device-number.ts'
import type { TarEntry } from '../tar/entry.ts'

/**
 * Metadata of the inode that an entry describes.
 *
 * @throws OciError ERR_OCI_TREE_XATTR_TOO_LONG
 */
export function entryMetadata(entry: TarEntry): Metadata {
  for (const { name, value } of entry.xattrs) {
    if (value.length <= XATTR_VALUE_MAX) continue
    const message = `the xattr ${entryText(name)} has ${value.length} bytes`
    const facts = { expected: `at most ${XATTR_VALUE_MAX}`, actual: value.length }
    throw new OciError('ERR_OCI_TREE_XATTR_TOO_LONG', message, facts)
  }
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds, xattrs } = entry
  return { mode, uid, gid, mtimeSeconds, mtimeNanoseconds, xattrs }
}

/**
 * Content of the leaf that an entry describes.
 *
 * @throws OciError ERR_OCI_TREE_EMPTY_SYMLINK, ERR_OCI_TREE_SYMLINK_TOO_LONG, ERR_OCI_TREE_BAD_DEVICE
 */
export function entryContent(entry: TarEntry): LeafContent {
  switch (entry.kind) {
    case 'symlink':
      return { kind: 'symlink', target: assertTarget(entry.target) }
    case 'chr':
    case 'blk':
      return { kind: entry.kind, rdev: deviceOf(entry) }
    case 'fifo':
      return { kind: 'fifo' }
    default: {
      const { content, size } = entry
      if (content?.kind === 'external') return { kind: 'external', digest: content.digest, size }
      return { kind: 'inline', data: content?.data ?? new Uint8Array(0) }
    }
  }
}

function assertTarget(target: Uint8Array): Uint8Array {
  if (target.length === 0) {
    throw new OciError('ERR_OCI_TREE_EMPTY_SYMLINK', 'a symlink without a target')
  }
  if (target.length > SYMLINK_MAX) {
    const facts = { expected: `at most ${SYMLINK_MAX}`, actual: target.length }
    const message = `a symlink target of ${target.length} bytes`
    throw new OciError('ERR_OCI_TREE_SYMLINK_TOO_LONG', message, facts)
  }
  return target
}

/** A device number in the kernel's 32-bit encoding. */
function deviceOf({ major, minor }: TarEntry): number {
  if (major > DEVICE_MAJOR_MAX || minor > DEVICE_MINOR_MAX) {
    const expected = `at most ${DEVICE_MAJOR_MAX}:${DEVICE_MINOR_MAX}`
    const facts = { expected, actual: `${major}:${minor}` }
    throw new OciError('ERR_OCI_TREE_BAD_DEVICE', `the device ${major}:${minor}`, facts)
  }
  return Number(encodeDevice(major, minor))
}

/**
 * Checks that a file system can hold a name.
 *
 * @throws OciError ERR_OCI_TREE_NAME_TOO_LONG
 */
export function assertNameLength(name: Uint8Array): void {
  if (name.length <= NAME_MAX) return
  const facts = { expected: `at most ${NAME_MAX}`, actual: name.length }
  throw new OciError('ERR_OCI_TREE_NAME_TOO_LONG', `a name of ${name.length} bytes`, facts)
}
