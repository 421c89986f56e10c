const BLOCK = 512
const NAME_MAX = 100
/** Sizes up to here are eleven octal digits. */
const SIZE_MAX = 8 ** 11 - 1
const MTIME = 1_700_000_000

/** One entry of a tar; what it does not say is as root's files are. */
export interface TarEntry {
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink'
  readonly size?: number
  readonly target?: string
}

const TYPES = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const

/** The ustar header of an entry. Its content, if any, follows, padded by `tarPadding`. */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, type, size = 0, target = '' } = entry
  if (name.length > NAME_MAX || target.length > NAME_MAX) throw new RangeError(`too long: ${name}`)
  if (size > SIZE_MAX) throw new RangeError(`too large: ${name}`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  header.write(name, 0, 'latin1')
  octal(type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(MTIME, 136, 11)
  header.fill(' ', 148, 156)
  header.write(TYPES[type], 156, 'latin1')
  header.write(target, 157, 'latin1')
  header.write('ustar\0' + '00', 257, 'latin1')
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  )
  header.write('\0 ', 154, 'latin1')
  return header
}

/** The zeros behind a content of this many bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

/** The end of a tar. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK)
}
