import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Which part of `PATH[:TAG]` is the path, where the file may have to be made. Paths and tags may both hold colons and
 * slashes: the longest beginning that exists is the path; else the shortest name in the deepest directory that exists.
 * Undefined where there is no such directory.
 */
export function targetPath(
  text: string,
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  const beginnings = beginningsOf(text)
  const present = beginnings.findLast(exists)
  if (present !== undefined) return present
  let best: string | undefined
  for (const path of beginnings) {
    if (path.endsWith('/') || !exists(dirname(path))) continue
    if (best === undefined || dirname(path).length > dirname(best).length) best = path
  }
  return best
}

/** All beginnings that end at a colon or at the end, the shortest first. */
function beginningsOf(text: string): string[] {
  const found: string[] = []
  for (let cut = text.indexOf(':'); cut >= 0; cut = text.indexOf(':', cut + 1)) {
    if (cut > 0) found.push(text.slice(0, cut))
  }
  return [...found, text]
}
