import {
  checkImage,
  type ErofsImage,
  encodeImage,
  openImage,
  readImageVersion,
  visitObjects,
} from '../../../packages/erofs/src/index.ts'
import { SHA256, SHA512 } from '../../../packages/fsverity/src/index.ts'
import { parseDump } from '../../../packages/tree/src/index.ts'
import { checkImage as checkTree } from '../compare-trees.ts'
import { mutateErofs } from '../mutate/erofs.ts'
import { attempt, magnitude } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorFiles } from '../vectors.ts'

const SEED_SIZE_MAX = 64 << 10
/** Names among which some are looked up by their paths: each takes a walk through its directories. */
const LOOKUPS_MAX = 1000

/** Images: every reader of them, and the tree written again. */
export const erofsTarget: Target = {
  name: 'erofs',
  async seeds() {
    const dumps = vectorFiles('erofs', { endings: ['.dump'], maxSize: SEED_SIZE_MAX })
    const images = dumps.flatMap(dump =>
      ([0, 1, 2] as const).flatMap(version => {
        const tree =
          attempt(() => parseDump(dump, SHA256)).value ??
          attempt(() => parseDump(dump, SHA512)).value
        const image = tree && attempt(() => encodeImage(tree, { version })).value
        return image === undefined || image.length > SEED_SIZE_MAX ? [] : [image]
      }),
    )
    return [...vectorFiles('erofs', { endings: ['.img'], maxSize: SEED_SIZE_MAX }), ...images]
  },
  dictionary: [
    ...['trusted.', 'overlay.metacopy', 'overlay.redirect', 'overlay.overlay.whiteout'],
    ...['overlay.opaque', 'overlay.whiteout', '\0\x24\0\x01', '\0\x44\0\x02', '\xff\xff\xff\xff'],
  ].map(text => Buffer.from(text, 'latin1')),
  mutate: mutateErofs,
  run: runErofs,
}

function runErofs(input: Uint8Array): string {
  const { value: image, outcome } = attempt(() => openImage(input))
  const version = attempt(() => readImageVersion(input)).value
  if (image === undefined) return outcome
  if (version !== image.version) throw new Disagreement(`version ${version} and ${image.version}`)
  const walked = attempt(() => walk(image))
  const objects = attempt(() => objectsBothWays(image, input))
  const checked = attempt(() => checkImage(image))
  const results = [walked.value ?? walked.outcome, objects.outcome, checked.outcome]
  if (checked.value === undefined) return results.join(' ')
  if (walked.value === undefined) throw new Disagreement('a tree of an image that cannot be walked')
  const { tree, isReproducible } = checked.value
  // One that is not reproducible makes another image, which has to be a good one.
  const again = isReproducible ? 'same' : checkTree(tree, image.version)
  return [...results, again, magnitude(tree.inodeCount)].join(' ')
}

/** The objects as an image in memory tells them, which must be those that are found page by page. */
function objectsBothWays(image: ErofsImage, input: Uint8Array): void {
  const inMemory = attempt(() => image.objects().map(({ hex }) => hex))
  const found = new Set<string>()
  const byPages = attempt(() =>
    visitObjects(
      {
        size: input.length,
        fill: (target, at) => target.set(input.subarray(at, at + target.length)),
      },
      { visit: digest => void found.add(Buffer.from(digest).toString('hex')) },
    ),
  )
  if (byPages.outcome !== inMemory.outcome) {
    throw new Disagreement(`objects: ${inMemory.outcome}; by pages: ${byPages.outcome}`)
  }
  const hexes = inMemory.value ?? [...found]
  if (hexes.length !== found.size || !hexes.every(hex => found.has(hex))) {
    throw new Disagreement('other objects by pages')
  }
}

/** Looks at everything by the ways of the single inode. */
function walk(image: ErofsImage): string {
  const kinds = new Set<string>()
  let names = 0
  for (const entry of image.walk()) {
    names++
    const { inode } = entry
    const isLookedUp = names < 20 || (names < LOOKUPS_MAX && names % 16 === 0)
    if (isLookedUp && image.lookup(entry.path())?.nid !== inode.nid)
      throw new Disagreement('a path to elsewhere')
    attempt(() => image.metadata(inode))
    const content = inode.kind === 'directory' ? undefined : attempt(() => image.content(inode))
    kinds.add(content === undefined ? inode.kind : (content.value?.kind ?? content.outcome))
  }
  return `${[...kinds].sort().join('+')} ${magnitude(names)}`
}
