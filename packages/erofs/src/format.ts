import { byteField, i64, struct, u8, u16, u32, u64 } from '@composefs/bytes'

/** Version of an image: the value of `composefs_version` in its header. */
export type ErofsVersion = 0 | 1 | 2

/** Bytes of a block. */
export const BLOCK_SIZE = 4096
/** log2 of the block size. */
export const BLOCK_BITS = 12
/** Inodes begin at multiples of this; a nid counts them from the start of the image. */
export const SLOT_SIZE = 32

/** What composefs puts in front of the file system. */
export const Header = struct(32, {
  magic: u32,
  /** Always 1. */
  version: u32,
  /** HEADER_HAS_ACL. */
  flags: u32,
  composefsVersion: u32,

  unused: byteField(16),
})

export const HEADER_MAGIC = 0xd078629a
export const HEADER_VERSION = 1
/** Some inode has a POSIX ACL: without it the image can be mounted with `noacl`. */
export const HEADER_HAS_ACL = 1

/** Where the superblock is. */
export const SUPERBLOCK_OFFSET = 1024

/** `struct erofs_super_block` of the kernel. */
export const Superblock = struct(128, {
  magic: u32,
  checksum: u32,
  featureCompat: u32,
  /** log2 of the block size. */
  blockBits: u8,
  /** Slots of 16 bytes behind the superblock. */
  extensionSlots: u8,
  rootNid: u16,

  inodes: u64,
  /** Seconds of the mtime of compact inodes. */
  buildTime: i64,

  buildTimeNanoseconds: u32,
  /** Blocks of the whole image. */
  blocks: u32,
  /** Nids count from this block. */
  metaBlock: u32,
  /** References to shared xattrs count from this block. */
  xattrBlock: u32,

  uuid: byteField(16),

  volumeName: byteField(16),

  featureIncompat: u32,
  compressionAlgorithms: u16,
  extraDevices: u16,
  deviceTableSlot: u16,
  /** log2 of the blocks of a directory block. */
  directoryBlockBits: u8,
  xattrPrefixCount: u8,
  xattrPrefixStart: u32,

  packedNid: u64,
  xattrFilterReserved: u8,
  reserved1: byteField(7),

  reserved2: byteField(16),
})

export const SUPERBLOCK_MAGIC = 0xe0f5e1e2
/** The mtime of an inode is its mtime, and xattr areas begin with a name filter. */
export const FEATURE_COMPAT = 0x6
/** What a reader understands: the above, and the checksum of the superblock. */
export const FEATURE_COMPAT_KNOWN = 0x7
/** What a reader understands: chunk-based files. */
export const FEATURE_INCOMPAT_KNOWN = 0x4

/** Where the first inode may begin. */
export const INODES_OFFSET = SUPERBLOCK_OFFSET + Superblock.size

/** `struct erofs_inode_compact`: the mtime is the build time of the image. */
export const CompactInode = struct(32, {
  format: u16,
  xattrCount: u16,
  mode: u16,
  nlink: u16,
  size: u32,
  reserved1: u32,

  /** First block, device number or chunk format. */
  data: u32,
  ino: u32,
  uid: u16,
  gid: u16,
  reserved2: u32,
})

/** `struct erofs_inode_extended`. */
export const ExtendedInode = struct(64, {
  format: u16,
  xattrCount: u16,
  mode: u16,
  reserved1: u16,
  size: u64,

  /** First block, device number or chunk format. */
  data: u32,
  ino: u32,
  uid: u32,
  gid: u32,

  mtime: i64,
  mtimeNanoseconds: u32,
  nlink: u32,

  reserved2: byteField(16),
})

/** Bit of the format word: the inode is an ExtendedInode. */
export const FORMAT_EXTENDED = 1
/** Layouts, as they stand in the format word. Flat: all data in blocks. */
export const LAYOUT_PLAIN = 0
/** Flat, but the bytes after the last whole block follow the inode. */
export const LAYOUT_INLINE = 4
/** A table of chunks follows the inode. */
export const LAYOUT_CHUNKS = 8

/** Smallest and largest log2 of a chunk: a block, and what five bits can say beyond it. */
export const CHUNK_BITS_MIN = BLOCK_BITS
export const CHUNK_BITS_MAX = BLOCK_BITS + 31
/** Bytes of a chunk in the table. All are ones: the data is not in this image. */
export const CHUNK_ENTRY_SIZE = 4

/** Head of a directory entry. The names follow behind all heads of their block. */
export const DirectoryEntryHead = struct(12, {
  nid: u64,
  /** Place of the name from the start of the block. */
  nameOffset: u16,
  fileType: u8,
  reserved: u8,
})

/** Head of the xattr area of an inode, before references and entries. */
export const XattrArea = struct(12, {
  /** A set bit says that no name with that hash is there. */
  filter: u32,
  sharedCount: u8,
  reserved: byteField(7),
})

/** Bytes of a reference to a shared xattr, and unit of `xattrCount` and of entries. */
export const XATTR_UNIT = 4

/** Head of one xattr, followed by name and value, filled up to 4 bytes. */
export const XattrEntryHead = struct(4, {
  /** Length of the name without its prefix. */
  nameLength: u8,
  /** Index of the prefix. */
  nameIndex: u8,
  valueSize: u16,
})

/** Seed of the name filter, to which the prefix index is added. */
export const XATTR_FILTER_SEED = 0x25bbe08f

/** The file type of a directory entry for the type bits of a mode shifted down by 12; 0 where there is none. */
export const FILE_TYPES: readonly number[] = [0, 5, 3, 0, 2, 0, 4, 0, 1, 0, 7, 0, 6, 0, 0, 0]
