import { type HttpResponse, headerOf } from './exchange.ts'

/** True for answers that may be another one a moment later. */
export function isTransientStatus(status: number): boolean {
  if (status === 408 || status === 425 || status === 429) return true
  return status >= 500 && status !== 501 && status !== 505
}

/** What Retry-After asks us to wait, in ms: seconds or a date (RFC 9110, section 10.2.3). */
export function retryAfterMs(response: HttpResponse): number | undefined {
  const value = headerOf(response, 'retry-after')?.trim()
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  // Date.parse takes much else for a date, such as "-5".
  if (!/GMT$/.test(value)) return undefined
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
