import { shellWord } from '../output/shell-word.ts'

/** Most broken things that are listed. */
const LISTED_MAX = 8

interface Broken {
  readonly path: string
  readonly reason: string
  readonly neededBy?: string
}

/** What helps when broken things stop a garbage collection: each with the way to get rid of it. */
export function gcHints({ broken, brokenCount }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(broken)) return []
  const listed = (broken as Broken[]).slice(0, LISTED_MAX)
  const hints = listed.map(({ path, reason, neededBy }) => {
    const ways = [removalOf(neededBy ?? path), `cfsctl gc --ignore-broken ${shellWord(path)}`]
    return `${path}: ${reason}; ${ways.filter(way => way !== undefined).join(', or ')}`
  })
  const others = Number(brokenCount) - listed.length
  if (others > 0) hints.push(`${others} more are broken: cfsctl fsck lists them`)
  hints.push('cfsctl fsck --repair mends what it can from where the images came from')
  return hints
}

/** The command that removes a name. */
function removalOf(path: string): string | undefined {
  const [, image] = /^images\/refs\/(.+)$/s.exec(path) ?? []
  if (image !== undefined) return `cfsctl image rm ${shellWord(image)}`
  const [, tag] = /^streams\/refs\/oci\/([^/]+)$/s.exec(path) ?? []
  if (tag === undefined) return undefined
  // As `decodeTag` of oci, which would have to be loaded for it with all of oci.
  const name = tag.replace(/%25|%2F/g, found => (found === '%25' ? '%' : '/'))
  return `cfsctl oci untag ${shellWord(name)}`
}
