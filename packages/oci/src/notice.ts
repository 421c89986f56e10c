/** Something to know about an operation that goes on. */
export interface Notice {
  /** A warning says that something may not be as expected. */
  readonly level: 'notice' | 'warning'
  readonly message: string
}
