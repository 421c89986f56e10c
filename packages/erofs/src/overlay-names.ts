import { encodeUtf8 } from '@composefs/bytes'

/** Digest of the object that a file's data is in; empty where it must not be enforced. */
export const METACOPY = encodeUtf8('trusted.overlay.metacopy')
/** Where the data is, from the root of the data layer. */
export const REDIRECT = encodeUtf8('trusted.overlay.redirect')
/** On the root of an image: nothing of a layer below shows through. */
export const OPAQUE = encodeUtf8('trusted.overlay.opaque')

/** On a regular file: a whiteout of the tree. The first of each pair is for a mount, the second for one of a user. */
export const WHITEOUT_FILE = [
  encodeUtf8('trusted.overlay.overlay.whiteout'),
  encodeUtf8('user.overlay.whiteout'),
] as const

/** On a directory: it holds such files. */
export const WHITEOUT_DIRECTORY = [
  encodeUtf8('trusted.overlay.overlay.whiteouts'),
  encodeUtf8('user.overlay.whiteouts'),
] as const

/** On such a directory in V1, with the value `x`: the form of these markers that newer kernels look at. */
export const WHITEOUT_DIRECTORY_OPAQUE = [
  encodeUtf8('trusted.overlay.overlay.opaque'),
  encodeUtf8('user.overlay.opaque'),
] as const

/** Value of the opaque marker of the root. */
export const OPAQUE_YES = encodeUtf8('y')
/** Value of the opaque marker of a directory with escaped whiteouts. */
export const OPAQUE_XATTRS = encodeUtf8('x')

export const SELINUX = encodeUtf8('security.selinux')
