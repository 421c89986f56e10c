/** Words of mount(8) for what a mount, as opposed to the file system behind it, allows. */
export type MountAttribute =
  | 'nosuid'
  | 'nodev'
  | 'noexec'
  | 'noatime'
  | 'strictatime'
  | 'relatime'
  | 'nodiratime'
  | 'nosymfollow'

export const MOUNT_ATTR_RDONLY = 0x1
export const MOUNT_ATTR_IDMAP = 0x10_0000

const ATTRIBUTE_BITS: Readonly<Record<MountAttribute, number>> = {
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  // The three of atime are values of one field (0x70), of which relatime is 0.
  relatime: 0x0,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  nosymfollow: 0x20_0000,
}

/** True for a word that `attributeBits` knows. */
export function isMountAttribute(word: string): word is MountAttribute {
  return Object.hasOwn(ATTRIBUTE_BITS, word)
}

/**
 * The bits of fsmount(2) for a list of words.
 *
 * @throws TypeError for two words about atime that exclude each other
 */
export function attributeBits(words: readonly MountAttribute[]): number {
  if (words.includes('noatime') && words.includes('strictatime')) {
    throw new TypeError('noatime and strictatime exclude each other')
  }
  return words.reduce((bits, word) => bits | ATTRIBUTE_BITS[word], 0)
}
