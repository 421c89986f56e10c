import { describe, expect, test } from 'vitest'
import { isOciError } from '../src/index.ts'
import { EXTENSION_DATA_MAX, EXTENSION_HEADERS_MAX } from '../src/tar/extensions.ts'
import { TarReader } from '../src/tar/reader.ts'
import { ociCode } from './oci-code.ts'
import { splitInMemory } from './split-in-memory.ts'
import { END, headerBlock, paxEntry, rawEntry } from './tar-blocks.ts'

const file = rawEntry({ name: 'f' }, Buffer.from('x'))
const global = rawEntry({ name: 'g', type: 'g' }, Buffer.from('9 a=bcde\n'))
const longName = (bytes: number) =>
  rawEntry({ name: 'L', type: 'L' }, new Uint8Array(bytes).fill(0x61))
const linesOf = (...parts: Uint8Array[]) => splitInMemory([Buffer.concat([...parts, END])]).lines
const codeOf = (...parts: Uint8Array[]) => ociCode(() => linesOf(...parts))

describe('extension headers', () => {
  test('of 1 MiB together are read', () => {
    expect(linesOf(longName(EXTENSION_DATA_MAX), file)[0]).toHaveLength(
      '/'.length + EXTENSION_DATA_MAX + ' 1 100644 1 0 0 0 0.0 - x -'.length,
    )
  })

  test.each([
    ['one byte more', [longName(EXTENSION_DATA_MAX + 1)]],
    ['one byte more, in a global header before', [global, longName(EXTENSION_DATA_MAX - 8)]],
    ['a header that says 8 GiB', [headerBlock({ name: 'x', type: 'x', size: '77777777777' })]],
    ['too many', Array.from({ length: EXTENSION_HEADERS_MAX + 1 }, () => global)],
  ])('%s: refused', async (_, parts) => {
    expect(await codeOf(...parts, file)).toBe('ERR_OCI_TAR_METADATA_TOO_LARGE')
  })

  test('are counted anew for each entry', () => {
    const row = [
      ...Array.from({ length: EXTENSION_HEADERS_MAX - 1 }, () => global),
      longName(3),
      file,
    ]
    expect(linesOf(...row, ...row)).toHaveLength(2)
  })

  test('that are too large are refused before their data comes', () => {
    const reader = new TarReader({ onEntry() {} })
    const act = () =>
      reader.push(headerBlock({ name: 'x', type: 'L', size: EXTENSION_DATA_MAX + 1 }))
    expect(act).toThrow('extension headers')
  })

  test.each([
    ['a global header between a long name and its entry', [longName(3), global, file]],
    [
      'two long link targets',
      [rawEntry({ type: 'K', name: 'K' }, END), rawEntry({ type: 'K', name: 'K' }, END), file],
    ],
  ])('%s: ambiguous', async (_, parts) => {
    expect(await codeOf(...parts)).toBe('ERR_OCI_TAR_AMBIGUOUS_EXTENSION')
  })

  test('of no bytes are extension headers too', async () => {
    expect(await codeOf(rawEntry({ name: 'L', type: 'L' }), file)).toBe('ERR_OCI_TAR_EMPTY_NAME')
    expect(linesOf(paxEntry([]), file)).toHaveLength(1)
    expect(await codeOf(paxEntry([]))).toBe('ERR_OCI_TAR_ORPHAN_EXTENSION')
  })
})

describe('pax records', () => {
  const entry = (...records: (readonly [string, string | Uint8Array])[]) =>
    codeOf(paxEntry(records), file)
  const raw = (text: string) => codeOf(rawEntry({ name: 'x', type: 'x' }, Buffer.from(text)), file)

  test.each([
    ['a NUL in a key', 'a\0b', 'ERR_OCI_TAR_BAD_PAX_RECORD'],
    ['no key', '', 'ERR_OCI_TAR_BAD_PAX_RECORD'],
    [
      'an xattr name of 256 bytes',
      `SCHILY.xattr.${'n'.repeat(256)}`,
      'ERR_OCI_TAR_XATTR_NAME_TOO_LONG',
    ],
    ['a sparse key', 'GNU.sparse.anything', 'ERR_OCI_TAR_SPARSE'],
    ['an unknown key', 'comment', undefined],
    ['an xattr name of 255 bytes', `SCHILY.xattr.${'n'.repeat(255)}`, undefined],
  ])('%s', async (_, key, code) => {
    expect(await entry([key, 'v'])).toBe(code)
  })

  test.each([
    ['mtime', '9223372036854775807', undefined],
    ['mtime', '9223372036854775808', 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['mtime', '-9223372036854775808', undefined],
    ['mtime', '-9223372036854775808.1', 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['mtime', '1'.repeat(1000), 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['mtime', '.5', 'ERR_OCI_TAR_BAD_NUMBER'],
    ['mtime', '5.', undefined],
    ['mtime', '5.x', 'ERR_OCI_TAR_BAD_NUMBER'],
    ['mtime', '+5', 'ERR_OCI_TAR_BAD_NUMBER'],
    ['uid', '4294967295', undefined],
    ['uid', '4294967296', 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['uid', '9'.repeat(100_000), 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['gid', '-1', 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['gid', ' 1', 'ERR_OCI_TAR_BAD_NUMBER'],
    ['size', '18446744073709551616', 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'],
    ['size', '18446744073709551615', 'ERR_OCI_TAR_BAD_SIZE'],
  ])('%s=%s', async (key, value, code) => {
    expect(await entry([key, value])).toBe(code)
  })

  test.each([
    ['a length of many digits', `${'9'.repeat(400)} a=b\n`],
    ['only digits', '12'],
    ['a length that ends in the length', '2 a=b\n'],
    ['an "=" behind the record', '6 abc\n9 c=defg\n'],
    ['a rest that is not all zeros', '6 a=b\n\0\0x'],
  ])('%s', async (_, text) => {
    expect(await raw(text)).toBe('ERR_OCI_TAR_BAD_PAX_RECORD')
  })
})

describe('a header', () => {
  test.each([
    ['a uid with a digit that is none', { uid: '0000008' }, 'ERR_OCI_TAR_BAD_NUMBER'],
    ['a mode with a sign', { mode: '+000644' }, 'ERR_OCI_TAR_BAD_NUMBER'],
    [
      'a size of 2^63 in base 256',
      { size: Buffer.from('800000008000000000000000', 'hex') },
      'ERR_OCI_TAR_BAD_SIZE',
    ],
    [
      'a size of -1 in base 256',
      { size: new Uint8Array(12).fill(0xff) },
      'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE',
    ],
    [
      'a negative uid in base 256',
      { uid: new Uint8Array(8).fill(0xff) },
      'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE',
    ],
    ['a device number in base 256', { type: '3', deviceMajor: '\x80' }, 'ERR_OCI_TAR_BAD_NUMBER'],
    ['a device without numbers', { type: '4' }, undefined],
    ['a type that is not ASCII', { type: '\x01' }, 'ERR_OCI_TAR_UNSUPPORTED_TYPE'],
    ['a sparse type in an old header', { type: 'S', magic: '' }, 'ERR_OCI_TAR_UNSUPPORTED_TYPE'],
    ['a pax type in an old header', { type: 'x', magic: '' }, 'ERR_OCI_TAR_UNSUPPORTED_TYPE'],
    ['a ustar header of another version', { magic: 'ustar\x0099' }, undefined],
  ] as const)('%s', async (_, header, code) => {
    expect(await codeOf(headerBlock({ name: 'f', ...header }))).toBe(code)
  })

  test('with bytes above 127 may be summed with signs', () => {
    const block = headerBlock({ name: Buffer.from('caf\xe9\xff', 'latin1') })
    const sum = block.reduce(
      (total, byte, at) => total + (at >= 148 && at < 156 ? 32 : (byte << 24) >> 24),
      0,
    )
    block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    expect(linesOf(block)).toEqual(['/caf\\xe9\\xff 0 100644 1 0 0 0 0.0 - - -'])
  })

  test('names the compression when the first one is compressed data', () => {
    const act = () => splitInMemory([Buffer.from('425a68'.padEnd(1024, '5'), 'hex')])
    expect(act).toThrow('this is bzip2 data')
  })
})

describe('an error', () => {
  test('names entry and offset of what is wrong', () => {
    const bad = Buffer.concat([
      file,
      paxEntry([['path', 'dir/\n']]),
      headerBlock({ type: 'Z' }),
      END,
    ])
    const caught = catchError(() => splitInMemory([bad]))
    expect(caught).toMatchObject({
      code: 'ERR_OCI_TAR_UNSUPPORTED_TYPE',
      message: "/dir/\\n: an entry of unsupported type 'Z'",
      facts: { entry: '/dir/\\n', offset: 2048, actual: 0x5a },
    })
  })

  test('names the entry that is cut off', () => {
    const tar = rawEntry({ name: 'big' }, new Uint8Array(2000)).subarray(0, 1000)
    expect(catchError(() => splitInMemory([tar]))).toMatchObject({
      code: 'ERR_OCI_TAR_TRUNCATED',
      message: '/big: the tar ends inside an entry',
      facts: { entry: '/big' },
    })
  })
})

function catchError(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    if (isOciError(error)) return error
    throw error
  }
  return undefined
}
