/** What a job of a slot does with its bytes. */
export const ObjectJob = {
  /** The bytes are a content, which is to be stored. */
  store: 1,
  /** The bytes are a content, of which the digest is wanted. */
  digest: 2,
  /** The bytes are a leaf of a large content: its level-1 hash is wanted, see `Digester.leaf`. */
  leaf: 3,
  /** The bytes are the path of a regular file, of which the digest is wanted; a failure to read it is a result. */
  digestFile: 4,
  /**
   * The bytes are what a file looked like and its path, see `writeSeenFile`: its content is to be stored, or its digest is
   * wanted where there is no store.
   */
  storeFile: 5,
} as const

/** Where in the result of a job things are. The digest or leaf comes first. */
export const JobResult = {
  digest: 0,
  /** One byte, of {@link JobOutcome}, which says what is in the place of the digest. */
  outcome: 64,
} as const

/** What became of the content of a job. */
export const JobOutcome = {
  /** The store had the content; or there was nothing to store. */
  present: 0,
  stored: 1,
  /** The file cannot be read; in the place of the digest is why, see `readFileFailure`. */
  failed: 2,
  /** The file is larger than a job should be: the one who fills slots reads it, and makes jobs of its leaves. */
  large: 3,
  /** The file is not the one that was seen, or has changed since. */
  changed: 4,
} as const
