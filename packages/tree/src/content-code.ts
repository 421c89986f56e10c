/** What `dataOffset`, `dataLength` and `size` of an inode mean: the column `content` of a tree. */
export const ContentCode = {
  /** First and last name of the directory (0: none), and the name of the directory itself. */
  directory: 0,
  /** A directory whose names are not in order yet. A view never shows it. */
  unsortedDirectory: 1,
  /** A regular file whose bytes are in `data`. */
  inline: 2,
  /** A regular file without data or object. */
  sparse: 3,
  /** The digest is in `data`. */
  external: 4,
  /** The digest, and after it the payload, are in `data`. */
  externalPayload: 5,
  /** No digest to enforce; the digest that names the object is in `data`. */
  noVerityObject: 6,
  /** No digest to enforce; the payload is in `data`. */
  noVerityPayload: 7,
  /** The target is in `data`. */
  symlink: 8,
  /** `dataOffset` is the device number. */
  device: 9,
  /** A fifo or a socket. */
  none: 10,
  /** An inode that was removed. */
  removed: 11,
} as const

export type ContentCode = (typeof ContentCode)[keyof typeof ContentCode]
