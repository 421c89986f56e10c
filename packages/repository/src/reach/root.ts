/** Where reaching begins: a name that keeps what it stands for. */
export interface Root {
  /** Refs are roots by themselves; an entry of `streams/` or `images/` is one when somebody names it. */
  readonly kind: 'stream-ref' | 'image-ref' | 'stream' | 'image'
  /** Name of the ref, or of the entry. */
  readonly name: string
  /** The entry of `streams/` or `images/` it stands for. */
  readonly entry: string
}

/** Path of a root, as seen from the repository. */
export function rootPath({ kind, name }: Root): string {
  switch (kind) {
    case 'stream-ref':
      return `streams/refs/${name}`
    case 'image-ref':
      return `images/refs/${name}`
    case 'stream':
      return `streams/${name}`
    case 'image':
      return `images/${name}`
  }
}

/** True when a root stands for an image, false for a stream. */
export function isImageRoot({ kind }: Root): boolean {
  return kind === 'image' || kind === 'image-ref'
}

/** Path of the entry that a root stands for, as seen from the repository. */
export function entryPath(root: Root): string {
  return `${isImageRoot(root) ? 'images' : 'streams'}/${root.entry}`
}
