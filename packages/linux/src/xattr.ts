import { ENODATA, EOPNOTSUPP, systemError } from './errno.ts'
import { attempt, call } from './libc.ts'
import { type PathLike, terminated } from './path.ts'

/** Most bytes of one value and of one list of names (XATTR_SIZE_MAX, XATTR_LIST_MAX). */
const XATTR_MAX = 65536

/** Room for any answer of the kernel: one call each, no asking for the size first. */
let answer: Uint8Array | undefined

/**
 * Names of the xattrs of `path` itself, symlinks not followed, in the order of the file system; none where it has no
 * xattrs. Names under `trusted.` show only with CAP_SYS_ADMIN.
 */
export function listXattrs(path: PathLike): Uint8Array[] {
  const bytes = terminated(path)
  const list = room()
  const length = attempt(c => c.llistxattr(bytes, list, list.length))
  if (length === -EOPNOTSUPP) return []
  if (length < 0) throw systemError(-length, 'llistxattr', { path })
  const names: Uint8Array[] = []
  for (let start = 0; start < length; ) {
    const end = list.indexOf(0, start)
    names.push(list.slice(start, end))
    start = end + 1
  }
  return names
}

/** Value of one xattr of `path` itself; undefined when there is none of that name. */
export function getXattr(path: PathLike, name: Uint8Array): Uint8Array | undefined {
  const bytes = terminated(path)
  const nameBytes = terminated(name)
  const value = room()
  const length = attempt(c => c.lgetxattr(bytes, nameBytes, value, value.length))
  if (length === -ENODATA || length === -EOPNOTSUPP) return undefined
  if (length < 0) throw systemError(-length, 'lgetxattr', { path })
  return value.slice(0, length)
}

/** Sets one xattr of `path` itself, new or not. `user.*` is refused on symlinks (EPERM). */
export function setXattr(path: PathLike, name: Uint8Array, value: Uint8Array): void {
  const bytes = terminated(path)
  const nameBytes = terminated(name)
  call('lsetxattr', { path }, c => c.lsetxattr(bytes, nameBytes, value, value.length, 0))
}

/** Removes one xattr of `path` itself; false when there was none of that name. */
export function removeXattr(path: PathLike, name: Uint8Array): boolean {
  const bytes = terminated(path)
  const nameBytes = terminated(name)
  const result = attempt(c => c.lremovexattr(bytes, nameBytes))
  if (result === -ENODATA || result === -EOPNOTSUPP) return false
  if (result < 0) throw systemError(-result, 'lremovexattr', { path })
  return true
}

function room(): Uint8Array {
  answer ??= new Uint8Array(XATTR_MAX)
  return answer
}
