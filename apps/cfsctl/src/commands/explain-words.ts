import type { ComparedPair, ComparedTree, ExplainedRule, ExplainRule } from '@composefs/oci'
import type { Side } from '@composefs/tree'

/** What the words of a rule may speak of. */
export interface RuleScene {
  readonly pair: ComparedPair
  /** The side that the rule was applied to: `A` or `B`; B where it is no single one. */
  readonly one: Side
  readonly other: Side
  readonly explained: ExplainedRule
  /** The side whose image is not what this program writes of its tree, else B. */
  readonly oddSide: Side
}

type Words = (names: { readonly one: string; readonly other: string }) => string

/** What is the case, one sentence a rule, without its full stop. */
const WORDS: Readonly<Record<ExplainRule, Words>> = {
  'hash-algorithm': () => 'the ids and all digests are of two hash algorithms',
  'format-version': () => 'the images are of two formats, which never have the same id',
  'added-layer': () => 'B has layers that A has not',
  'removed-layer': () => 'A has layers that B has not',
  'changed-layer': () => 'the images have other layers',
  'xattr-filter': ({ one, other }) =>
    `the filter of extended attributes has been over ${one} and not over ${other}, or another one`,
  'boot-transform': ({ one, other }) =>
    `${one} is the variant for booting, with /boot and /sysroot emptied and SELinux labels, ${other} is not`,
  'root-from-usr': ({ one, other }) =>
    `the root of ${one} has the metadata of /usr, that of ${other} its own`,
  'run-emptied': ({ one, other }) => `/run is emptied in ${one} and not in ${other}`,
  'late-whiteout': ({ one, other }) =>
    `whiteouts behind entries of their own layer removed them in ${one} and not in ${other}; they act on lower layers only`,
  'implied-parent': ({ one, other }) =>
    `no entry describes these directories in the layers of ${one}, so they were made as 0755, 0:0, of 1970; ${other} has entries`,
  nanoseconds: ({ one, other }) => `${one} has whole seconds where ${other} has fractions of them`,
  'hard-links': ({ one, other }) =>
    `names are one file in ${other} and files of their own in ${one}`,
  'inline-content': ({ one, other }) =>
    `${one} keeps files in the image that are objects of their own in ${other}`,
  'object-verity': ({ one, other }) =>
    `${one} does not have the kernel check files that ${other} has it check`,
  'changed-type': () => 'names lead to files of another type',
  'changed-file': () => 'files have other content',
  'changed-target': () => 'symlinks lead elsewhere',
  'changed-device': () => 'devices have other numbers',
  'removed-entry': () => 'A has entries that B has not',
  'added-entry': () => 'B has entries that A has not',
  'mode-bits': () => 'permissions differ',
  owner: () => 'owners differ',
  'changed-xattrs': () => 'extended attributes differ',
  mtime: () => 'modification times differ',
  'image-header': () => 'the trees are the same, but the heads of the images are not',
  'image-entries': () =>
    'the trees are the same, but one image has entries for overlayfs that the other has not',
  'inode-form': () =>
    'the trees are the same, but one image has long inodes where the other has short ones',
  'block-layout': () =>
    'the trees are the same, but one image has data in blocks that the other has behind the inode',
  'chunk-format': () => 'the trees are the same, but files have chunks of other sizes',
  'xattr-sharing': () => 'the trees are the same, but the images share other extended attributes',
  'xattr-order': () => 'the trees are the same, but extended attributes stand in another order',
  'xattr-name-filter': () =>
    'the trees are the same, but the filters over names of extended attributes are not',
  'inode-place': () => 'the trees are the same, but inodes stand elsewhere',
  'inode-number': () => 'the trees are the same, but inodes have other numbers',
  'link-count': () => 'the trees are the same, but link counts are not',
  'unread-bytes': () => 'the trees are the same, but bytes differ that no reader looks at',
}

/** The sentence of a rule, for the side it was applied to. */
export function ruleText({ explained, one, other }: RuleScene): string {
  return WORDS[explained.rule]({ one: one.toUpperCase(), other: other.toUpperCase() })
}

/** The side itself. */
export function sideOf(pair: ComparedPair, side: Side): ComparedTree {
  return side === 'a' ? pair.a : pair.b
}
