/** Largest size of a file in bytes: what the chunk table of an image can describe, 1024 chunks of the largest size. */
export const SIZE_MAX = 2 ** 53

/** Longest name in bytes. */
export const NAME_MAX = 255

/** Longest symlink target in bytes, of any image version: PATH_MAX without its NUL. */
export const SYMLINK_MAX = 4095

/** Longest name of an xattr in bytes. */
export const XATTR_NAME_MAX = 255

/** Longest value of an xattr in bytes. */
export const XATTR_VALUE_MAX = 65535

/** Largest number of nanoseconds in a time. */
export const NANOSECONDS_MAX = 999_999_999

/** Directories above each other that readers of images follow, ours and cfsctl: PATH_MAX leaves room for no more. */
export const DEPTH_MAX = 2048

/** Largest content that trees of layers and directories keep inline, in bytes. Image ids depend on it. */
export const INLINE_MAX = 64
