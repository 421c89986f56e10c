import { formatDumpEntry, formatDumpHardlink, TYPE_BITS } from '@composefs/tree'
import { encodeDevice } from '../tar/device-number.ts'
import type { TarEntry } from '../tar/entry.ts'

/**
 * The line of an entry in the listing of a layer, newline included: the fields of a dump file, but with one link each
 * and in the order of the tar.
 *
 * @example
 * for await (const entry of layerEntries(reader)) process.stdout.write(formatLayerEntry(entry))
 */
export function formatLayerEntry(entry: TarEntry): Uint8Array<ArrayBuffer> {
  const { kind, content, target } = entry
  if (kind === 'hardlink') return formatDumpHardlink(entry.path, target)
  const isSymlink = kind === 'symlink'
  return formatDumpEntry({
    path: entry.path,
    size: isSymlink ? target.length : entry.size,
    mode: TYPE_BITS[kind] | entry.mode,
    nlink: 1,
    uid: entry.uid,
    gid: entry.gid,
    // A tar can name devices that no file system has: they are listed here and refused when the tree is built.
    rdev: encodeDevice(entry.major, entry.minor),
    mtimeSeconds: entry.mtimeSeconds,
    mtimeNanoseconds: entry.mtimeNanoseconds,
    payload: isSymlink ? target : undefined,
    content: content?.kind === 'inline' ? content.data : undefined,
    digest: content?.kind === 'external' ? content.digest : undefined,
    xattrs: entry.xattrs,
  })
}
