/** The target of `rel="next"` in a Link header (RFC 8288); undefined where there is none. */
export function nextLink(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]* )?next(?: [^"]*)?"|next)(?=\s*(?:[;,]|$))/i.test(parameters)) {
      return target
    }
  }
  return undefined
}
