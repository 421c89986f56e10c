/** What the machine is about, as exactly as a cut is placed. */
export type Stage =
  /** A new repository is made. */
  | 'init'
  /** Objects are written; no name needs them yet. */
  | 'objects'
  /** The sync before the names. */
  | 'sync'
  /** The names appear. */
  | 'names'
  /** A garbage collection looks for what is needed. */
  | 'mark'
  /** It removes the rest. */
  | 'sweep'
  /** A tag is removed. */
  | 'untag'
  /** Checks and what makes up for the last cut. */
  | 'check'

/** The two repositories on the disk: with fs-verity, and without. */
export type RepositoryName = 'secure' | 'plain'

/** A line of the machine's output. */
export type Message =
  | { readonly kind: 'stage'; readonly stage: Stage; readonly operation: string }
  | ({ readonly kind: 'checked' } & CheckFacts)
  | { readonly kind: 'work' }
  | { readonly kind: 'failed'; readonly reason: string }

/** What a repository was like after a cut. */
export interface CheckFacts {
  readonly repository: RepositoryName
  /** Objects that are wrong and that no name reaches: a cut may leave those. */
  readonly leftovers: readonly string[]
  /** What must not be. */
  readonly problems: readonly string[]
  /** Streams and images, and objects, that were there, and objects that the collection removed. */
  readonly names: number
  readonly objects: number
  readonly collected: number
}

/** An image that the machine works with, and what it is once it is stored. */
export interface KnownImage {
  readonly tag: string
  readonly layout: string
  readonly manifestDigest: string
  readonly imageId: string
  /** Manifest digest after sealing. */
  readonly sealedDigest: string
}

/** What the machine is to do. */
export interface GuestTask {
  /** The disk. */
  readonly directory: string
  readonly images: readonly KnownImage[]
  readonly seed: number
  /** Go on to work after the check, until the power is cut. */
  readonly thenWork: boolean
  /** Leave out every sync: the test has to notice. */
  readonly withoutSync: boolean
  /** cfsctl's own program, which checks once more. */
  readonly peer: string | null
}
