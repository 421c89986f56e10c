import type { IncomingMessage } from 'node:http'
import type { Fault } from './fault.ts'

/** One request that reached the proxy. */
export interface ProxiedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly fault: Fault['kind'] | undefined
  /** 0 as long as there is no answer. */
  status: number
  /** Bytes of the answer's body that were sent. What a cut connection lost on its way counts as sent. */
  sent: number
  /** False while the answer is under way, and after one that was cut. */
  isComplete: boolean
}
