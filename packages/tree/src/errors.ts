/** Everything that can be wrong with a tree or a dump file. Codes are API: append, never rename. */
export type TreeErrorCode =
  /** A name that is empty, too long, `.`, `..`, or has a slash or a NUL in it. */
  | 'ERR_TREE_BAD_NAME'
  | 'ERR_TREE_EXISTS'
  | 'ERR_TREE_NOT_A_DIRECTORY'
  /** A hard link to a directory, to a whiteout, or to nothing. */
  | 'ERR_TREE_BAD_LINK'
  /** Permission bits, owner or time out of range. */
  | 'ERR_TREE_BAD_METADATA'
  | 'ERR_TREE_BAD_XATTR'
  /** A size, target, device number or digest that no leaf can have. */
  | 'ERR_TREE_BAD_CONTENT'
  /** More than the tree's 32-bit tables hold. */
  | 'ERR_TREE_TOO_LARGE'
  /** A line of a dump that is not made of well-formed fields. */
  | 'ERR_TREE_DUMP_SYNTAX'
  /** Well-formed fields of a dump that contradict each other or their type of file. */
  | 'ERR_TREE_DUMP_CONTRADICTION'
  /** The first entry of a dump is not the root directory, or there is no entry, or a second root. */
  | 'ERR_TREE_DUMP_ROOT'
  /** An entry of a dump stands before the directory it is in. */
  | 'ERR_TREE_DUMP_NO_PARENT'

/** What is known about the place of an error. */
export interface TreeErrorFacts {
  /** Line of the dump file, the first is 1. */
  readonly line?: number
  /** Name of the field in that line, as the format page calls it. */
  readonly field?: string
  /** Path of the entry, for people: what is not UTF-8 shows as U+FFFD. */
  readonly path?: string
  readonly expected?: string | number
  readonly actual?: string | number
}

/** The one error that building a tree or reading a dump file throws. */
export class TreeError extends Error {
  override readonly name = 'TreeError'
  readonly code: TreeErrorCode
  readonly facts: TreeErrorFacts

  constructor(
    code: TreeErrorCode,
    message: string,
    facts: TreeErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for a TreeError, whichever copy of this package made it, and of this code if one is given. */
export function isTreeError(error: unknown, code?: TreeErrorCode): error is TreeError {
  return (
    error instanceof Error &&
    error.name === 'TreeError' &&
    (code === undefined || (error as TreeError).code === code)
  )
}
