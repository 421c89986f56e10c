const BLOCK = 512
const NAME_SIZE = 100
const SIZE = { at: 124, length: 12 }
const CHECKSUM = { at: 148, length: 8 }

/** A header block of a tar and the blocks behind it, as they are. */
export interface RawTarMember {
  readonly header: Uint8Array
  /** Content and padding. */
  readonly content: Uint8Array
  /** Bytes of the content without padding, by the header. */
  readonly size: number
}

/** Cuts a tar at its headers, as far as they can be followed; the rest is the last member, or part of it. */
export function rawTarMembers(tar: Uint8Array): RawTarMember[] {
  const members: RawTarMember[] = []
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK)
    if (header.every(byte => byte === 0)) break
    const size = octalAt(header, SIZE)
    const end = Math.min(at + BLOCK + Math.ceil(size / BLOCK) * BLOCK, tar.length)
    members.push({ header, content: tar.subarray(at + BLOCK, end), size })
    at = end
  }
  return members
}

/** The name in the header, without prefix. */
export function memberName({ header }: RawTarMember): string {
  const [name = ''] = Buffer.from(header.subarray(0, NAME_SIZE)).toString('latin1').split('\0', 1)
  return name
}

/** Makes the checksum of a header right. */
export function repairChecksum(header: Uint8Array): void {
  header.fill(0x20, CHECKSUM.at, CHECKSUM.at + CHECKSUM.length)
  let sum = 0
  for (const byte of header) sum += byte
  header.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), CHECKSUM.at)
}

/** Says the size in the header. */
export function writeTarSize(header: Uint8Array, size: number): void {
  header.set(Buffer.from(`${size.toString(8).padStart(11, '0')}\0`), SIZE.at)
}

function octalAt(header: Uint8Array, field: { readonly at: number; readonly length: number }) {
  const text = Buffer.from(header.subarray(field.at, field.at + field.length)).toString('latin1')
  const value = Number.parseInt(text.replaceAll('\0', ' ').trim() || '0', 8)
  return Number.isFinite(value) && value >= 0 ? value : 0
}
