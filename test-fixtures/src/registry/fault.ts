import type { IncomingMessage } from 'node:http'

/**
 * What goes wrong with an answer. `after` counts bytes of the answer's body; all of them have left this process before
 * the fault happens.
 */
export type Fault =
  /** The connection is reset. At 0 nothing of the answer has come. */
  | { readonly kind: 'reset'; readonly after: number }
  /** Nothing comes any more, and the connection stays. At 0 not even the head has come. */
  | { readonly kind: 'stall'; readonly after: number }
  /** The connection is closed in order before the promised length. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** A whole answer of that many bytes, its length said as it is. */
  | { readonly kind: 'shorten'; readonly after: number }
  /** One bit of the byte at that place of the blob is turned. */
  | { readonly kind: 'flip'; readonly at: number }
  /** This answer instead of the target's. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** To the same path on another origin, or to a whole address. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** The whole blob with status 200, whatever range was asked for. */
  | { readonly kind: 'ignore-range' }
  /** The rest from that byte on, whatever range was asked for, and said so. */
  | { readonly kind: 'other-range'; readonly from: number }
  /** Status 416 for a range that is good. */
  | { readonly kind: 'refuse-range' }
  /** A piece of that many bytes at a time, a pause behind each. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly pauseMs: number }
  /** The request waits before it is passed on. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Reads that many bytes of the request's body, then resets the connection. */
  | { readonly kind: 'reset-upload'; readonly after: number }

/** When a fault happens. Requests that match are counted; the first `skip` of them pass, the next `times` fail. */
export interface FaultRule {
  /** Part of the path with its query, or a pattern for it. */
  readonly path: string | RegExp
  readonly method?: string
  /** True: only requests with a Range; false: only those without. */
  readonly range?: boolean
  /** Default 0. */
  readonly skip?: number
  /** Default 1. */
  readonly times?: number
  readonly fault: Fault
}

/** Rules in their order: the first that matches and is due decides; a rule does not count what one before it took. */
export class FaultRules {
  readonly #rules: readonly { readonly rule: FaultRule; matched: number }[]

  constructor(rules: readonly FaultRule[]) {
    this.#rules = rules.map(rule => ({ rule, matched: 0 }))
  }

  next(request: IncomingMessage): Fault | undefined {
    for (const entry of this.#rules) {
      const { rule } = entry
      if (!matches(rule, request)) continue
      entry.matched += 1
      const { skip = 0, times = 1 } = rule
      if (entry.matched > skip && entry.matched <= skip + times) return rule.fault
    }
    return undefined
  }
}

function matches(rule: FaultRule, request: IncomingMessage): boolean {
  const path = request.url ?? ''
  if (rule.method !== undefined && rule.method !== request.method) return false
  if (rule.range !== undefined && rule.range !== 'range' in request.headers) return false
  return typeof rule.path === 'string' ? path.includes(rule.path) : rule.path.test(path)
}
