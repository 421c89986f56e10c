import { equalBytes } from '@composefs/bytes'
import type { Xattr } from '../inode.ts'

/** True for the same names and values; both lists are in bytes order of the names. */
export function equalXattrs(a: readonly Xattr[], b: readonly Xattr[]): boolean {
  return a.length === b.length && a.every((xattr, i) => equalXattr(xattr, b[i] as Xattr))
}

/** True for the same name and value. */
export function equalXattr(a: Xattr, b: Xattr): boolean {
  return equalBytes(a.name, b.name) && equalBytes(a.value, b.value)
}
