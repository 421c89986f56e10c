import type { ComparedTree, ExplainRule } from '@composefs/oci'
import type { FileTree, Inode } from '@composefs/tree'
import { pathText } from '../output/path-text.ts'
import { shellWord } from '../output/shell-word.ts'
import { type RuleScene, sideOf } from './explain-words.ts'

type Fix = (scene: RuleScene) => string

/** The options that were given, as they stand in a command. */
interface MakeOptions {
  readonly before?: string
  readonly after?: string
}

const diffBoth: Fix = ({ pair }) =>
  `cfsctl diff ${shellWord(pair.a.word)} ${shellWord(pair.b.word)}`

const makeAgain: Fix = ({ oddSide, pair }) =>
  `make ${oddSide.toUpperCase()} again: ${makeCommand(sideOf(pair, oddSide))}`

/** What to type, for each rule. */
const FIXES: Readonly<Record<ExplainRule, Fix>> = {
  'hash-algorithm': ({ pair }) =>
    `make B with the hash of A: ${makeCommand(pair.b, { before: `--hash ${pair.a.tree.algorithm.name}` })}`,
  'format-version': ({ pair }) =>
    `make B in the format of A: ${makeCommand(pair.b, { before: `--erofs-version ${pair.a.version ?? 1}` })}`,
  'added-layer': scene => layerCommand(scene) ?? diffBoth(scene),
  'removed-layer': scene => layerCommand(scene) ?? diffBoth(scene),
  'changed-layer': scene => layerCommand(scene) ?? diffBoth(scene),
  'xattr-filter': scene => {
    const other = sideOf(scene.pair, scene.other)
    return `filter ${scene.other.toUpperCase()} too: ${makeCommand(other, { after: '--xattrs allowlist-only' })}`
  },
  'boot-transform': scene => {
    const other = sideOf(scene.pair, scene.other)
    return `make ${scene.other.toUpperCase()} for booting too: ${makeCommand(other, { after: '--bootable' })}`
  },
  'root-from-usr': transformOther,
  'run-emptied': transformOther,
  'late-whiteout': scene => {
    const { one, pair } = scene
    return `make ${one.toUpperCase()} again with this program: ${makeCommand(sideOf(pair, one))}; a layer whose whiteouts stand first is the same everywhere`
  },
  'implied-parent': scene => {
    const path = examplePath(scene)
    return `give the layer an entry for the directory, before what is in it: tar -rf LAYER.tar --no-recursion ${shellWord(path.slice(1))}`
  },
  nanoseconds: scene => {
    const side = sideOf(scene.pair, scene.one)
    if (side.version === 2) {
      return `format 2 has whole seconds only: ${makeCommand(side, { before: '--erofs-version 1' })}`
    }
    return 'keep the fractions when packing: tar --format=posix -cf LAYER.tar DIRECTORY'
  },
  'hard-links': () => 'keep hard links when copying: rsync -aH --xattrs SOURCE/ DIRECTORY/',
  'inline-content': scene =>
    `make ${scene.one.toUpperCase()} again, files up to 64 bytes are in the image: ${makeCommand(sideOf(scene.pair, scene.one))}`,
  'object-verity': scene =>
    `make ${scene.one.toUpperCase()} again from the files themselves: ${makeCommand(sideOf(scene.pair, scene.one))}`,
  'changed-type': diffBoth,
  'changed-file': diffBoth,
  'changed-target': diffBoth,
  'changed-device': diffBoth,
  'removed-entry': diffBoth,
  'added-entry': diffBoth,
  'mode-bits': scene => {
    const mode = ofExampleInA(scene, (tree, inode) => tree.mode(inode)) ?? 0o755
    return `give B the permissions of A: chmod ${mode.toString(8).padStart(4, '0')} ${exampleWord(scene)}`
  },
  owner: scene => {
    const ownerOf = (tree: FileTree, inode: Inode) => `${tree.uid(inode)}:${tree.gid(inode)}`
    const owner = ofExampleInA(scene, ownerOf) ?? '0:0'
    return `give B the owners of A: chown -h ${owner} ${exampleWord(scene)}; unpack as root to keep them`
  },
  'changed-xattrs': scene => `look at them: getfattr -h -d -m - ${exampleWord(scene)}`,
  mtime: scene => {
    const seconds = ofExampleInA(scene, (tree, inode) => tree.mtimeSeconds(inode)) ?? 0
    return `give B the times of A: touch -h -d @${seconds} ${exampleWord(scene)}; a build with SOURCE_DATE_EPOCH has the same ones each time`
  },
  'image-header': makeAgain,
  'image-entries': makeAgain,
  'inode-form': makeAgain,
  'block-layout': makeAgain,
  'chunk-format': makeAgain,
  'xattr-sharing': makeAgain,
  'xattr-order': makeAgain,
  'xattr-name-filter': makeAgain,
  'inode-place': makeAgain,
  'inode-number': makeAgain,
  'link-count': makeAgain,
  'unread-bytes': makeAgain,
}

/** What would most likely make the ids the same, with a command to type. */
export function fixText(scene: RuleScene): string {
  return FIXES[scene.explained.rule](scene)
}

function transformOther(scene: RuleScene): string {
  const other = sideOf(scene.pair, scene.other)
  return `make ${scene.other.toUpperCase()} without --no-propagate-usr-to-root: ${makeCommand(other)}`
}

/** The command that makes the image of a side, or its id, anew. */
function makeCommand(side: ComparedTree, { before, after }: MakeOptions = {}): string {
  const word = shellWord(side.word.replace(/^(?:tag|image|file|dump|dir):/, ''))
  const join = (...words: (string | undefined)[]) => words.filter(Boolean).join(' ')
  switch (side.kind) {
    case 'oci':
      return join('cfsctl', before, 'oci compute-id', after, word)
    case 'directory':
      return join('cfsctl', before, 'compute-id', after, word)
    case 'dump':
      return after === undefined && before?.startsWith('--hash') !== true
        ? join('cfsctl mkcomposefs', versionRange(before), '--from-file', word, 'IMAGE')
        : join('cfsctl', before, 'create-dumpfile', after, 'DIRECTORY')
    case 'image-file':
      return after === undefined && before?.startsWith('--hash') !== true
        ? join(
            `cfsctl composefs-info dump ${word} | cfsctl mkcomposefs`,
            versionRange(before),
            '--from-file - IMAGE',
          )
        : join('cfsctl', before, 'create-image', after, 'DIRECTORY')
    case 'image':
      return join('cfsctl', before, 'create-image', after, 'DIRECTORY')
  }
}

/** The options of mkcomposefs for a format. */
function versionRange(before: string | undefined): string | undefined {
  const version = before?.replace('--erofs-version ', '')
  return version === undefined ? undefined : `--min-version=${version} --max-version=${version}`
}

function layerCommand({ explained }: RuleScene): string | undefined {
  for (const example of explained.examples) {
    const diffId = example.kind === 'layer' ? (example.layer.b ?? example.layer.a) : undefined
    if (diffId !== undefined) return `see what it brings: cfsctl oci ls-layer ${diffId}`
  }
  return undefined
}

function examplePath({ explained }: RuleScene): string {
  for (const example of explained.examples) {
    if (example.kind === 'entry') return pathText(example.difference.path)
  }
  return '/'
}

/** The first entry as it is reached from the root of the tree. */
function exampleWord(scene: RuleScene): string {
  return shellWord(`.${examplePath(scene)}`)
}

/** What `look` sees of the first entry in A. */
function ofExampleInA<T>(
  { explained, pair }: RuleScene,
  look: (tree: FileTree, inode: Inode) => T,
): T | undefined {
  for (const example of explained.examples) {
    if (example.kind !== 'entry') continue
    const { inA } = example.difference
    return inA === undefined ? undefined : look(pair.a.tree, inA)
  }
  return undefined
}
