/**
 * Which xattrs of the layers an image keeps: `security.capability` alone, or all of `user.` too. The names are those of
 * references and options.
 */
export type XattrMode = 'allowlist-only' | 'keep-user-xattrs'

/** What images keep where nobody says anything: the image id depends on it. */
export const DEFAULT_XATTR_MODE: XattrMode = 'allowlist-only'
