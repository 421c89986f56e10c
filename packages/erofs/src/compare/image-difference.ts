/**
 * Where two images of one tree can differ, those first from which others follow: the format version; fields of header
 * and superblock; names that only one has (the stubs and markers of V0 and V1); compact or extended inodes; data in
 * blocks, behind the inode, or elsewhere; the size of chunks; which xattrs are shared; their order; the filter of their
 * names; where the inodes are; their numbers; link counts; and bytes that no reader looks at.
 */
export const IMAGE_RULES = [
  'format-version',
  'image-header',
  'image-entries',
  'inode-form',
  'block-layout',
  'chunk-format',
  'xattr-sharing',
  'xattr-order',
  'xattr-name-filter',
  'inode-place',
  'inode-number',
  'link-count',
  'unread-bytes',
] as const

/** Where two images of one tree can differ. */
export type ImageRule = (typeof IMAGE_RULES)[number]

/** A place where two images differ. */
export interface ImageDifference {
  readonly rule: ImageRule
  /** Of the entry, in new memory; undefined where it is about the image as a whole. */
  readonly path?: Uint8Array
  /** The field of the image's head, or the offset in bytes of the first byte that differs. */
  readonly field?: string
  /** For people. */
  readonly a: string
  readonly b: string
}
