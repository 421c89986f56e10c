/** Fields of a tar header for a test, as raw bytes or text; what is not given is zero. */
export interface RawHeader {
  readonly name?: string | Uint8Array
  readonly mode?: string
  readonly uid?: string | Uint8Array
  readonly gid?: string
  readonly size?: number | string | Uint8Array
  readonly mtime?: string | Uint8Array
  readonly type?: string
  readonly linkName?: string
  /** `ustar\0` and `00` unless given. */
  readonly magic?: string
  readonly prefix?: string
  readonly deviceMajor?: string
  readonly deviceMinor?: string
}

/** A header block with the right checksum. */
export function headerBlock(header: RawHeader): Uint8Array {
  const block = new Uint8Array(512)
  const put = (at: number, value: string | Uint8Array | undefined) => {
    if (value !== undefined) block.set(typeof value === 'string' ? Buffer.from(value) : value, at)
  }
  const { size = 0 } = header
  put(0, header.name)
  put(100, header.mode ?? '0000644')
  put(108, header.uid ?? '0000000')
  put(116, header.gid ?? '0000000')
  put(124, typeof size === 'number' ? size.toString(8).padStart(11, '0') : size)
  put(136, header.mtime ?? '00000000000')
  put(148, '        ')
  put(156, header.type ?? '0')
  put(157, header.linkName)
  put(257, header.magic ?? 'ustar\x0000')
  put(329, header.deviceMajor)
  put(337, header.deviceMinor)
  put(345, header.prefix)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** A header and its content, filled up to whole blocks. */
export function rawEntry(header: RawHeader, content: Uint8Array = new Uint8Array(0)): Uint8Array {
  const size = header.size ?? content.length
  const padded = new Uint8Array(Math.ceil(content.length / 512) * 512)
  padded.set(content)
  return Buffer.concat([headerBlock({ ...header, size }), padded])
}

/** A pax header with these records. */
export function paxEntry(records: readonly (readonly [string, string | Uint8Array])[]): Uint8Array {
  return rawEntry({ name: 'x', type: 'x' }, Buffer.concat(records.map(paxRecord)))
}

function paxRecord([key, value]: readonly [string, string | Uint8Array]): Uint8Array {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

export const END: Uint8Array = new Uint8Array(1024)
