import { compareBytes, encodeUtf8 } from '@composefs/bytes'
import { escapeField, escapeXattr } from './escape.ts'
import type { TarEntry, TarEntryKind } from './tar/entry.ts'

/** S_IFMT bits of each kind that has metadata of its own. */
const FILE_TYPE_BITS: Readonly<Record<Exclude<TarEntryKind, 'hardlink'>, number>> = {
  fifo: 0o010000,
  chr: 0o020000,
  directory: 0o040000,
  blk: 0o060000,
  regular: 0o100000,
  symlink: 0o120000,
}

/**
 * The line of an entry in the listing of a layer, newline included: the fields of a dump file, but with one link each
 * and in the order of the tar.
 *
 * @example
 * for await (const entry of layerEntries(reader, options)) process.stdout.write(formatLayerEntry(entry))
 */
export function formatLayerEntry(entry: TarEntry): Uint8Array {
  const { kind } = entry
  const path = escapeField(entry.path)
  if (kind === 'hardlink') {
    return encodeUtf8(`${path} 0 @120000 - - - - 0.0 ${escapeField(entry.target)} - -\n`)
  }
  const mode = (FILE_TYPE_BITS[kind] | entry.mode).toString(8)
  const size = kind === 'symlink' ? entry.target.length : entry.size
  const rdev = encodeDevice(entry.major, entry.minor)
  const mtime = `${entry.mtimeSeconds}.${entry.mtimeNanoseconds}`
  const external = entry.content?.kind === 'external' ? entry.content.digest : undefined
  const inline = entry.content?.kind === 'inline' ? escapeField(entry.content.data) : '-'
  const payload = external?.objectPath ?? (kind === 'symlink' ? escapeField(entry.target) : '-')
  const fields = [
    ...[path, size, mode, 1, entry.uid, entry.gid, rdev, mtime],
    ...[payload, inline, external?.hex ?? '-'],
    ...[...entry.xattrs]
      .sort((a, b) => compareBytes(a.name, b.name))
      .map(({ name, value }) => `${escapeXattr(name)}=${escapeXattr(value)}`),
  ]
  return encodeUtf8(`${fields.join(' ')}\n`)
}

/**
 * A device number as the kernel encodes it for its 64-bit interfaces. A tar can name devices beyond the 32 bits a file
 * system has; they are listed here and refused when the tree is built.
 */
function encodeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return (
    (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n)
  )
}
