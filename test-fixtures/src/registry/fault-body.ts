import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import type { ProxiedRequest } from './proxied-request.ts'

/** How the body of an answer ended; `short` is one that was closed before its promised length. */
export type BodyEnd = 'complete' | 'short' | 'cut' | 'stalled'

/** Sends an answer's body with its fault. Waits for the client, so that memory stays the same for any size. */
export async function sendBody(
  upstream: IncomingMessage,
  response: ServerResponse,
  context: {
    readonly fault: Fault | undefined
    readonly record: ProxiedRequest
    readonly gone: AbortSignal
  },
): Promise<BodyEnd> {
  const { fault, record, gone } = context
  const limit = fault !== undefined && 'after' in fault ? fault.after : Number.POSITIVE_INFINITY
  const start = Number(/^bytes (\d+)-/.exec(upstream.headers['content-range'] ?? '')?.[1] ?? 0)
  const write = async (bytes: Uint8Array) => {
    await flushed(response, bytes, gone)
    record.sent += bytes.length
  }
  for await (const chunk of upstream) {
    let piece: Uint8Array = chunk as Buffer
    if (fault?.kind === 'flip') piece = flipped(piece, fault.at - start - record.sent)
    if (piece.length >= limit - record.sent) piece = piece.subarray(0, limit - record.sent)
    if (fault?.kind === 'slow') {
      for (let at = 0; at < piece.length; at += fault.bytes) {
        await write(piece.subarray(at, at + fault.bytes))
        await sleep(fault.pauseMs, undefined, { signal: gone })
      }
    } else if (piece.length > 0) {
      await write(piece)
    }
    if (record.sent >= limit) return LIMIT_ENDS[fault?.kind ?? ''] ?? 'complete'
  }
  return 'complete'
}

/** What happens when the limit of a fault is reached. A body that is shorter ends as it is. */
const LIMIT_ENDS: Readonly<Record<string, BodyEnd>> = {
  reset: 'cut',
  stall: 'stalled',
  truncate: 'short',
  shorten: 'complete',
}

/** Resolves when the bytes have gone to the kernel. */
function flushed(response: ServerResponse, bytes: Uint8Array, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new Error('the client is gone'))
    if (gone.aborted) return leave()
    gone.addEventListener('abort', leave, { once: true })
    response.write(bytes, error => {
      gone.removeEventListener('abort', leave)
      if (error) reject(error)
      else resolve()
    })
  })
}

function flipped(piece: Uint8Array, at: number): Uint8Array {
  if (at < 0 || at >= piece.length) return piece
  const copy = Uint8Array.from(piece)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
