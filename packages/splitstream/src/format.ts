import { byteField, encodeUtf8, struct, u8, u16, u64 } from '@composefs/bytes'

/** Text that marks a splitstream, at the start of the file or, in old files, at OLD_MAGIC_OFFSET. */
export const SPLITSTREAM_MAGIC: Uint8Array = encodeUtf8('SplitStream')

/** The only format version. */
export const SPLITSTREAM_VERSION = 0

/** Head of the file. */
export const Header = struct(32, {
  magic: byteField(11),
  version: u8,
  /** Written as 0, ignored when read. */
  flags: u16,
  /** FS_VERITY_HASH_ALG_* of every digest in the file. */
  algorithm: u8,
  /** log2 of the fs-verity block size. */
  logBlockSize: u8,

  /** Where the info section is, from the start of the file in bytes; the end is not included. */
  infoStart: u64,
  infoEnd: u64,
})

/** Head of files written before March 2026. All that follows it is the same. */
export const OldHeader = struct(32, {
  infoStart: u64,
  infoEnd: u64,

  flags: u16,
  magic: byteField(11),
  version: u8,
  algorithm: u8,
  logBlockSize: u8,
})

/** Where the magic of an old header stands. */
export const OLD_MAGIC_OFFSET: number = OldHeader.offsets.magic

/** Where the sections are and what the stream holds. A longer section has fields of later versions behind these. */
export const Info = struct(80, {
  /** Digests of other streams and images that this one keeps alive. */
  streamReferencesStart: u64,
  streamReferencesEnd: u64,

  /** Digests of the objects that external chunks name by index. */
  objectReferencesStart: u64,
  objectReferencesEnd: u64,

  /** The chunks, compressed. */
  streamStart: u64,
  streamEnd: u64,

  /** `INDEX:NAME` records that give stream references a name, compressed. */
  namedReferencesStart: u64,
  namedReferencesEnd: u64,

  contentType: byteField(8),
  /** Bytes of the file that the stream reproduces. */
  size: u64,
})

/** Size of the i64 before each chunk: -n for n inline bytes, else the index of an object reference. */
export const CHUNK_HEAD_SIZE = 8

/** Longest info section we read: eight hundred times what version 0 needs. */
export const INFO_SIZE_MAX: number = 64 * 1024

/**
 * Longest reference section in bytes: two million objects of SHA-512 in one layer. The section is read at once, and in a
 * file with a hole it costs nothing to claim one of terabytes.
 */
export const REFERENCES_SIZE_MAX: number = 128 * 1024 * 1024

/** Most named references we read: each layer of an image has one, and each takes some hundred bytes of memory. */
export const NAMED_REFERENCES_MAX: number = 2 ** 17

/** Longest named reference in bytes, index and colon included: the name is of one of our kinds, or a digest. */
export const NAMED_REFERENCE_SIZE_MAX: number = 16 * 1024

/** Longest decompressed named references we read: an image of a hundred thousand layers needs half of it. */
export const NAMED_REFERENCES_SIZE_MAX: number = 16 * 1024 * 1024

/**
 * How much a stream may decompress to: that many bytes whatever its size, and STREAM_RATIO_MAX for each compressed one.
 * Tar headers come to some tens; without a limit 1 MiB could be 32 GiB of chunks, each of which names an object.
 */
export const STREAM_SIZE_FREE: number = 2 ** 30
export const STREAM_RATIO_MAX = 1024

/** What the streams of a repository hold. */
export const CONTENT_TYPES = {
  /** An uncompressed layer tar. */
  layer: 'ocilayer',
  /** The JSON of an image config. */
  config: 'ociconfg',
  /** The JSON of a manifest. */
  manifest: 'ocimanif',
  /** Any other blob. */
  blob: 'oci_blob',
  /** No type: eight zero bytes. */
  none: '',
} as const

/**
 * The eight bytes of a content type.
 *
 * @throws RangeError when it is neither empty nor eight characters up to U+00FF
 */
export function encodeContentType(contentType: string): Uint8Array {
  const bytes = new Uint8Array(8)
  if (contentType === CONTENT_TYPES.none) return bytes
  if (contentType.length !== 8) throw new RangeError(`content type ${JSON.stringify(contentType)}`)
  for (let i = 0; i < 8; i++) {
    const code = contentType.charCodeAt(i)
    if (code > 0xff) throw new RangeError(`content type ${JSON.stringify(contentType)}`)
    bytes[i] = code
  }
  return bytes
}

/** The content type of eight bytes, each one character: empty when all are zero. */
export function decodeContentType(bytes: Uint8Array): string {
  if (bytes.every(byte => byte === 0)) return CONTENT_TYPES.none
  return String.fromCharCode(...bytes)
}
