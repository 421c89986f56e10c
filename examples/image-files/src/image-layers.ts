/** One file of a layer, as tools show it. */
export interface ImageFile {
  readonly path: string
  /** Devices and pipes are files too. */
  readonly type: 'directory' | 'symlink' | 'file'
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly atime: Date
  readonly ctime: Date
  readonly mtime: Date
  /** Of a symlink, and of a hard link. */
  readonly linkPath?: string
}

/** So many files with so many bytes of content. */
export interface Extent {
  readonly files: number
  readonly bytes: number
}

/** A layer in the form that desktop tools take from a provider, and what it is worth. */
export interface ImageLayer {
  /** The diff ID. */
  readonly id: string
  /** The command that made it, by the history of the image. */
  readonly createdBy?: string
  /** What the layer brings. */
  readonly files: readonly ImageFile[]
  /** What it removes from the layers below. */
  readonly whiteouts: readonly string[]
  /** Directories of the layers below that it empties. */
  readonly opaqueWhiteouts: readonly string[]
  /** Bytes that are downloaded for it. */
  readonly packedSize: number
  readonly adds: Extent
  /** Files of the layers below, and of its own, that nobody sees because of it. */
  readonly hides: Extent
  readonly wastes: {
    /** What it brings, and the image does not show. */
    readonly unseen: Extent
    /** Contents that were there before: composefs keeps them once, layers carry them again. */
    readonly repeated: Extent
  }
}

/** An image, base layer first. */
export interface ImageLayers {
  readonly manifestDigest: string
  readonly layers: readonly ImageLayer[]
}
