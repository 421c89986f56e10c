import { equalBytes } from '@composefs/bytes'
import type { Xattr } from '@composefs/tree'
import { pathText } from '../output/path-text.ts'

/** Names of the xattrs that were added (+), removed (-) or have another value (~). Both lists are sorted. */
export function changedXattrs(before: readonly Xattr[], after: readonly Xattr[]): string {
  const removed = before.filter(({ name }) => xattrNamed(after, name) === undefined)
  const added = after.filter(({ name }) => xattrNamed(before, name) === undefined)
  const changed = after.filter(({ name, value }) => {
    const old = xattrNamed(before, name)
    return old !== undefined && !equalBytes(old, value)
  })
  return [marked('+', added), marked('-', removed), marked('~', changed)].flat().join(' ')
}

function marked(mark: string, xattrs: readonly Xattr[]): string[] {
  return xattrs.map(({ name }) => mark + pathText(name))
}

function xattrNamed(xattrs: readonly Xattr[], name: Uint8Array): Uint8Array | undefined {
  return xattrs.find(xattr => equalBytes(xattr.name, name))?.value
}
