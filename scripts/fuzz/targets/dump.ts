import { SHA256, SHA512 } from '../../../packages/fsverity/src/index.ts'
import { DumpParser, diffTrees, parseDump } from '../../../packages/tree/src/index.ts'
import { checkImage, dumpText, versionFor } from '../compare-trees.ts'
import { mutateDump } from '../mutate/dump.ts'
import { attempt, magnitude } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorFiles } from '../vectors.ts'

const SEED_SIZE_MAX = 32 << 10
const PIECE_SIZES = [1, 3, 100, 4096]

/** Dump files: parsed whole and in pieces, written, parsed again, made into images. */
export const dumpTarget: Target = {
  name: 'dump',
  seeds: async () => vectorFiles('erofs', { endings: ['.dump'], maxSize: SEED_SIZE_MAX }),
  dictionary: [
    ...[
      '/',
      ' - - -',
      ' @120000 ',
      '\\x00',
      '\\x2f',
      '\\\\',
      '\\n',
      ' 100644 ',
      ' 20666 ',
      ' 0.0 ',
    ],
    ...['trusted.overlay.metacopy=', 'trusted.overlay.redirect=', 'user.overlay.whiteout='],
    ...['system.posix_acl_access=', 'security.selinux=', '\n', '\r\n', ' ', '=', '-1.5', '@'],
  ].map(text => Buffer.from(text)),
  mutate: mutateDump,
  run: runDump,
}

function runDump(input: Uint8Array): string {
  const algorithm = input.length % 5 === 4 ? SHA512 : SHA256
  const parsed = attempt(() => parseDump(input, algorithm))
  const size = PIECE_SIZES[input.length % PIECE_SIZES.length] as number
  const inPieces = attempt(() => {
    const parser = new DumpParser(algorithm)
    for (let at = 0; at < input.length; at += size) parser.write(input.subarray(at, at + size))
    return parser.finish()
  })
  if (parsed.outcome !== inPieces.outcome) {
    throw new Disagreement(`whole: ${parsed.outcome}; in pieces: ${inPieces.outcome}`)
  }
  const tree = parsed.value
  if (tree === undefined) return parsed.outcome
  const text = dumpText(tree)
  if (inPieces.value !== undefined && dumpText(inPieces.value) !== text) {
    throw new Disagreement('the dump in pieces is another tree')
  }
  const again = parseDump(Buffer.from(text, 'latin1'), algorithm)
  if (dumpText(again) !== text) throw new Disagreement('a dump that is written is another tree')
  if (diffTrees(tree, again).next().done !== true)
    throw new Disagreement('a difference from itself')
  return `${checkImage(tree, versionFor(input))} ${magnitude(tree.inodeCount)} ${magnitude(text.length)}`
}
