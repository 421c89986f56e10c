import type { Broken } from '@composefs/repository'
import { shellWord } from '../output/shell-word.ts'

/** Most broken things that are listed. */
const LISTED_MAX = 8

/** What helps when broken things stop a garbage collection: each with the way to get rid of it. */
export function gcHints({ broken, brokenCount }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(broken)) return []
  const listed = (broken as Broken[]).slice(0, LISTED_MAX)
  const hints = listed.map(
    entry => `${entry.path}: ${entry.reason}; ${waysOut(entry).join(', or ')}`,
  )
  const others = Number(brokenCount) - listed.length
  if (others > 0) {
    hints.push(`${others} more are broken: cfsctl fsck lists them`)
  } else if (listed.length > 1 && listed.every(({ remedy }) => remedy !== 'none')) {
    // One at a time is refused because of the others.
    hints.push(`cfsctl gc ${listed.map(ignoring).join(' ')} goes on without all of them`)
  }
  hints.push('cfsctl fsck --repair mends what it can from where the images came from')
  return hints
}

function waysOut({ path, neededBy, remedy }: Broken): readonly string[] {
  // What is no link has no command that removes it.
  const name = neededBy ?? (remedy === 'remove' ? path : undefined)
  const removal = name === undefined ? undefined : removalOf(name)
  const ways = removal === undefined ? [] : [removal]
  if (remedy !== 'none') ways.push(`cfsctl gc ${ignoring({ path })}`)
  return ways.length > 0 ? ways : ['only by hand can it be put right']
}

function ignoring({ path }: Pick<Broken, 'path'>): string {
  return `--ignore-broken ${shellWord(path)}`
}

/** The command that removes a name. */
function removalOf(path: string): string | undefined {
  const [, image] = /^images\/refs\/(.+)$/s.exec(path) ?? []
  if (image !== undefined) {
    // The command takes `refs/` off.
    const name = image.startsWith('refs/') ? `refs/${image}` : image
    return `cfsctl image rm ${argument(name)}`
  }
  const [, tag] = /^streams\/refs\/oci\/([^/]+)$/s.exec(path) ?? []
  if (tag === undefined) return undefined
  // As `decodeTag` of oci, which would have to be loaded for it with all of oci.
  const name = tag.replace(/%25|%2F/g, found => (found === '%25' ? '%' : '/'))
  // Names that no program of ours makes are no tags.
  const isTag = !name.startsWith('@') && name.replaceAll('%', '%25').replaceAll('/', '%2F') === tag
  return isTag ? `cfsctl oci untag ${argument(name)}` : undefined
}

function argument(name: string): string {
  return name.startsWith('-') ? `-- ${shellWord(name)}` : shellWord(name)
}
