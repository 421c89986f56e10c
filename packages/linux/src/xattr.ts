import { ENODATA, EOPNOTSUPP, ERANGE, systemError } from './errno.ts'
import { attempt, call } from './libc.ts'
import { type PathLike, terminated } from './path.ts'

/** Most bytes of one value and of one list of names (XATTR_SIZE_MAX, XATTR_LIST_MAX). */
const XATTR_MAX = 65536

/** Bytes that most answers have room in: the kernel allocates as much as it is offered, each time. */
const USUAL_SIZE = 512

const usual = new Uint8Array(USUAL_SIZE)
/** Room for any answer. */
let largest: Uint8Array | undefined

/**
 * Names of the xattrs of `path` itself, symlinks not followed, in the order of the file system; none where it has no
 * xattrs. Names under `trusted.` show only with CAP_SYS_ADMIN.
 */
export function listXattrs(path: PathLike): Uint8Array[] {
  const bytes = terminated(path)
  const { length, room } = ask(room => attempt(c => c.llistxattr(bytes, room, room.length)))
  if (length === -EOPNOTSUPP) return []
  if (length < 0) throw systemError(-length, 'llistxattr', { path })
  const names: Uint8Array[] = []
  for (let start = 0; start < length; ) {
    const end = room.indexOf(0, start)
    names.push(room.slice(start, end))
    start = end + 1
  }
  return names
}

/** Value of one xattr of `path` itself; undefined when there is none of that name. */
export function getXattr(path: PathLike, name: Uint8Array): Uint8Array | undefined {
  const bytes = terminated(path)
  const nameBytes = terminated(name)
  const { length, room } = ask(room =>
    attempt(c => c.lgetxattr(bytes, nameBytes, room, room.length)),
  )
  if (length === -ENODATA || length === -EOPNOTSUPP) return undefined
  if (length < 0) throw systemError(-length, 'lgetxattr', { path })
  return room.slice(0, length)
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

/** Asks for bytes: those of an answer that needs more room than usual once more. */
function ask(call: (room: Uint8Array) => number): {
  readonly length: number
  readonly room: Uint8Array
} {
  const length = call(usual)
  if (length !== -ERANGE) return { length, room: usual }
  largest ??= new Uint8Array(XATTR_MAX)
  return { length: call(largest), room: largest }
}
