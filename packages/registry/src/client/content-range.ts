/** What a partial answer is a part of. */
export interface ContentRange {
  readonly start: number
  /** Undefined where the server does not know. */
  readonly total: number | undefined
}

/** Reads `bytes START-END/TOTAL` (RFC 9110, section 14.4); undefined for anything else. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const [, start, end, total] =
    /^bytes +(\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(header?.trim() ?? '') ?? []
  if (start === undefined || Number(end) < Number(start)) return undefined
  if (total !== '*' && Number(total) <= Number(end)) return undefined
  return { start: Number(start), total: total === '*' ? undefined : Number(total) }
}
