import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import { BLOCK_SIZE, TarHeader, TarType } from '../tar/header.ts'

const AT = TarHeader.offsets

/** Longest name that a header has room for, in bytes. */
const NAME_MAX = 100

/** Largest size that eleven octal digits tell: 8 GiB less one. */
const SIZE_MAX = 8 ** 11 - 1

const MODE = 0o644

/**
 * The header of a regular file in an archive, by ustar and, where that has no room, pax (POSIX.1-2018, pax).
 *
 * It tells nothing but name and size: no time, no owner, so the same files make the same archive.
 */
export function encodeFileHeader(name: string, size: number): Uint8Array {
  const records = [
    ...(encodeUtf8(name).length > NAME_MAX ? [paxRecord('path', name)] : []),
    ...(size > SIZE_MAX ? [paxRecord('size', String(size))] : []),
  ]
  const header = encodeHeader(name, size, TarType.regular)
  if (records.length === 0) return header
  const content = encodeUtf8(records.join(''))
  const pax = encodeHeader(`PaxHeaders/${name}`, content.length, TarType.pax)
  return concatBytes([pax, content, paddingOf(content.length), header])
}

/** What fills content of `size` bytes up to a block. */
export function paddingOf(size: number): Uint8Array {
  return new Uint8Array((BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE)
}

function encodeHeader(name: string, size: number, type: number): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE)
  block.set(encodeUtf8(name).subarray(0, NAME_MAX), AT.name)
  block.set(octal(MODE, 8), AT.mode)
  block.set(octal(0, 8), AT.uid)
  block.set(octal(0, 8), AT.gid)
  // What is too large stands in the pax record, which counts before this.
  block.set(octal(size > SIZE_MAX ? 0 : size, 12), AT.size)
  block.set(octal(0, 12), AT.mtime)
  block[AT.type] = type
  block.set(encodeUtf8('ustar\0' + '00'), AT.magic)
  block.set(octal(0, 8), AT.deviceMajor)
  block.set(octal(0, 8), AT.deviceMinor)
  block.fill(0x20, AT.checksum, AT.checksum + 8)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.set(encodeUtf8(`${sum.toString(8).padStart(6, '0')}\0 `), AT.checksum)
  return block
}

/** Octal digits that fill a field, and a NUL. */
function octal(value: number, length: number): Uint8Array {
  return encodeUtf8(`${value.toString(8).padStart(length - 1, '0')}\0`)
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const size = encodeUtf8(rest).length
  let length = size + 1
  while (String(length).length + size !== length) length = String(length).length + size
  return `${length}${rest}`
}
