/** One thing that was looked at. */
export interface Check {
  readonly id: CheckId
  /** `warn`: something is missing that only some commands need, or that could not be tried. */
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly hint: string | null
}

/** The checks in their order. Ids are API: append, never rename. */
export type CheckId =
  | 'node'
  | 'kernel'
  | 'erofs-file'
  | 'overlay-data-layers'
  | 'overlay-verity'
  | 'fs-verity'
  | 'fuse'
  | 'skopeo'
  | 'user-namespaces'

export function ok(id: CheckId, detail: string): Check {
  return { id, status: 'ok', detail, hint: null }
}

export function warn(id: CheckId, detail: string, hint: string | null = null): Check {
  return { id, status: 'warn', detail, hint }
}

export function fail(id: CheckId, detail: string, hint: string | null = null): Check {
  return { id, status: 'fail', detail, hint }
}
