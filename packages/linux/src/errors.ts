/** What this package cannot do for reasons other than an errno. Codes are API: append, never rename. */
export type LinuxErrorCode =
  /** Not Linux, an unknown processor, or koffi cannot be loaded. */
  | 'ERR_LINUX_UNAVAILABLE'
  /** Overlayfs of this kernel has no `verity=`. */
  | 'ERR_LINUX_NO_OVERLAY_VERITY'
  /** Nothing is mounted there. */
  | 'ERR_LINUX_NOT_MOUNTED'
  /** What is mounted there is something else. */
  | 'ERR_LINUX_NOT_COMPOSEFS'
  /** A library inside the node executable that cannot be called, and was asked for by name. */
  | 'ERR_LINUX_NO_ENGINE'
  /** A word of `-o` that is unknown, or lacks what belongs to it. */
  | 'ERR_LINUX_BAD_MOUNT_OPTION'
  /** What is to map owners is no user namespace, or maps nothing. */
  | 'ERR_LINUX_BAD_USER_NAMESPACE'

/** What is known of a LinuxError, for programs. */
export interface LinuxErrorFacts {
  readonly platform?: string
  readonly architecture?: string
  /** The mount point, or what stands for a user namespace. */
  readonly path?: string
  /** A word of `-o`. */
  readonly option?: string
  /** Type and source of what is mounted there. */
  readonly type?: string
  readonly source?: string
}

/** A failure that is no errno. System calls that fail throw Node-shaped errors instead: see `systemError`. */
export class LinuxError extends Error {
  override readonly name = 'LinuxError'
  readonly code: LinuxErrorCode
  readonly facts: LinuxErrorFacts

  constructor(
    code: LinuxErrorCode,
    message: string,
    facts: LinuxErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for a LinuxError, whichever copy of this package made it, and of this code if one is given. */
export function isLinuxError(error: unknown, code?: LinuxErrorCode): error is LinuxError {
  return (
    error instanceof Error &&
    error.name === 'LinuxError' &&
    (code === undefined || (error as LinuxError).code === code)
  )
}
