/** Exit status of each code. Codes are API: append, never rename. */
export const EXIT_STATUS = {
  'io-error': 1,
  'no-space': 1,
  network: 1,
  'tar-invalid': 1,
  'tree-invalid': 1,
  'layout-invalid': 1,
  'image-invalid': 1,
  'stream-invalid': 1,
  'repository-invalid': 1,
  'repository-conflict': 1,
  'not-sealed': 1,
  'no-boot-image': 1,
  'not-a-mount': 1,
  busy: 1,
  'target-exists': 1,
  /** A file that says how to reach registries. */
  'configuration-invalid': 1,
  /** A mistake of ours. */
  internal: 1,
  usage: 2,
  'invalid-digest': 2,
  'invalid-name': 2,
  'repository-not-found': 3,
  'metadata-missing': 3,
  'image-not-found': 3,
  'tag-not-found': 3,
  'layer-not-found': 3,
  'stream-not-found': 3,
  'object-not-found': 3,
  'path-not-found': 3,
  'source-not-found': 3,
  'fsck-errors': 4,
  'gc-refused': 4,
  'digest-mismatch': 4,
  'diff-id-mismatch': 4,
  'verity-mismatch': 4,
  'verity-missing': 4,
  'seal-mismatch': 4,
  'expected-digest-not-found': 4,
  'verity-unsupported': 5,
  'kernel-too-old': 5,
  'not-permitted': 5,
  'feature-unsupported': 5,
  'skopeo-missing': 5,
  'read-only-repository': 5,
  locked: 6,
  timeout: 6,
  'registry-unavailable': 6,
  interrupted: 130,
  terminated: 143,
  'hung-up': 129,
} as const

export type CliCode = keyof typeof EXIT_STATUS

/** What a CliError knows beside its message. */
export interface CliErrorDetails {
  /** What to do about it: each a sentence with a command to type. */
  readonly hints?: readonly string[]
  /** Facts for programs. */
  readonly context?: Readonly<Record<string, string | number | boolean | null>>
  readonly cause?: unknown
}

/** An error that the program finds itself, or one of a library in the program's words. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliCode
  readonly hints: readonly string[]
  readonly context: NonNullable<CliErrorDetails['context']>

  constructor(code: CliCode, message: string, details: CliErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hints = details.hints ?? []
    this.context = details.context ?? {}
  }

  get exitStatus(): number {
    return EXIT_STATUS[this.code]
  }
}

/** A command line that cannot be understood; `usage` shows what can be. */
export class UsageError extends CliError {
  readonly usage: string

  constructor(message: string, usage: string, hints: readonly string[] = []) {
    super('usage', message, { hints })
    this.usage = usage
  }
}

/** True for a CliError, whichever file of the built program made it: each has the class in it. */
export function isCliError(error: unknown): error is CliError {
  return error instanceof Error && error.name === 'CliError'
}

/** True for a UsageError, whichever file of the built program made it. */
export function isUsageError(error: unknown): error is UsageError {
  return isCliError(error) && 'usage' in error
}
