import {
  COMMAND_WORDS,
  GLOBAL_WORDS,
  type State,
  TOOL_WORDS,
  type UpstreamWord,
} from '../upstream-words.ts'
import { isCompared } from './coverage.ts'

/** Words that other tests than the rows run. */
export const OTHER_TESTS: Readonly<Record<string, string>> = {
  'cfsctl transaction': 'transaction.test.ts',
  'cfsctl oci pull docker://a/b': 'debian-from-everywhere.test.ts',
  mkcomposefs: 'tools-against-peer.test.ts',
  'composefs-info': 'tools-against-peer.test.ts',
  'mount.composefs': 'mount-helper.test.ts',
}

const OURS_ALONE = 'looked at by tests of ours alone'

/** Words that no test gives to both, and why. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  'mkcomposefs --help': 'the C program does not know it',
  'mkcomposefs --version': 'the C program does not know it',
  'composefs-info --help': 'the C program does not know it',
  'mount.composefs -t': OURS_ALONE,
  'mount.composefs -o basedir=/o,digest=': OURS_ALONE,
  'mount.composefs -o basedir=/o,tryverity': OURS_ALONE,
  'mount.composefs -o basedir=/o,idmap=': OURS_ALONE,
  'mount.composefs image': 'refused there',
  'mount.composefs -n': 'refused there',
  'mount.composefs -h': OURS_ALONE,
}

const INTRODUCTION = `# Compatibility

What a script does with cfsctl 0.9.4 and the tools of composefs in C works with ours: the same words, the same text on
standard output, zero or not zero as exit status; and the programs may take turns on one repository. This page lists
every word of theirs and what becomes of it. It is made from the tables that the tests go by
(\`apps/cfsctl/test/upstream-words.ts\` and \`apps/cfsctl/test/compatibility/peer-rows.ts\`); a test fails when it is not
up to date: \`pnpm exec vitest run --project cfsctl compatibility/page -u\` writes it anew.

**Compared**: both programs run the words on copies of one repository, and a test compares what they print and how they
end; where something was changed, each then checks the repository of the other. The tests that compare need the other
program (\`CFSCTL_PEER\`).

## What is promised, and where it is tested

| | Tests (apps/cfsctl/test) |
|---|---|
| Every command with its options, run by both: same output, same success, \`fsck\` clean afterwards | \`compatibility/peer-rows\`, \`peer\`, \`bootable-against-peer\`, \`copy-against-peer\`, \`fsck-against-peer\`, \`gc-commands\` |
| Global options first, as scripts write them; ours take them anywhere | \`compatibility/peer-rows\`, \`upstream-words\` |
| \`list-images\`, \`--insecure\`, \`gc -n -r X\`, \`oci images\` | \`compatibility/peer-rows\` |
| Both spellings of hard links in dumps | \`compatibility/promises\` |
| Options of versions of mkcomposefs, with the digests of the C program | \`compatibility/promises\` |
| Options of composefs-info on both sides of the command | \`compatibility/promises\` |
| \`sha512:\` ids that one command prints are taken by the next | \`compatibility/promises\` |
| Tags with \`/\`, \`%\`, \`:\` and \`@\` inside | \`compatibility/promises\`, \`peer\` |
| A reader that closes the pipe: silent, exit 141 | \`every-command\` |
| Nothing on standard error in a quiet success | \`every-command\`, \`json-documents\` |

## Deliberate differences everywhere

- The id behind \`verity\` after a pull is that of the stream as it stays: cfsctl tells the one before its last change.
- Lists are sorted by name. cfsctl lists in the order of the directory.
- \`oci pull\` adds a last line, \`image\` and the id of the image. Documents have more keys, never fewer.
- Exit statuses other than 0 say more: 2 usage, 3 not there, 4 integrity, 5 not possible here, 6 try later. 141 where the
  reader closed the pipe.
- Errors are one line, \`error: \`, with \`hint: \` lines behind it; with \`--json\` a document.
- \`gc\` refuses (4) where something that is named cannot be read, and says how to go on.
- \`init\` without \`--insecure\` is refused for a repository that was made with it; there it is taken for the same.
- What comes in is checked: images, and layers by the digest they are given.
- Without fs-verity in the repository a mount by name does not ask for it; cfsctl's then gives EIO for every file.
`

/** The text of docs/compatibility.md. */
export function compatibilityPage(): string {
  const sections = [
    section('Global options', 'cfsctl', GLOBAL_WORDS),
    section('Commands', 'cfsctl', COMMAND_WORDS),
    ...Object.entries(TOOL_WORDS).map(([name, words]) => section(name, name, words)),
  ]
  return [INTRODUCTION, ...sections].join('\n')
}

function section(title: string, program: string, words: readonly UpstreamWord[]): string {
  const rows = words.map(
    word =>
      `| \`${shortened(program, word)}\` | ${stateText(word.state)} | ${comparedText(program, word)} |`,
  )
  return [`## ${title}`, '', '| Words | Here | Compared |', '|---|---|---|', ...rows, ''].join('\n')
}

function stateText(state: State): string {
  if (state === 'present') return 'present'
  return state === 'answered' ? 'not in this release, exit 5' : `differs: ${state.differs}`
}

/** Where a word is compared; throws when nobody says so. */
function comparedText(program: string, { line, state }: UpstreamWord): string {
  if (state === 'answered') return ''
  const text = [program, ...line].join(' ')
  const why = longest(NOT_COMPARED, text)
  if (why !== undefined) return `no: ${why}`
  const test = longest(OTHER_TESTS, text)
  if (test !== undefined) return `\`${test.replace('.test.ts', '')}\``
  if (program === 'cfsctl' && isCompared(line)) return 'yes'
  throw new Error(`nobody compares ${text}`)
}

/** The entry of the longest of the beginnings that a line has. */
function longest(table: Readonly<Record<string, string>>, text: string): string | undefined {
  const keys = Object.keys(table).filter(key => text.startsWith(key))
  const [key] = keys.sort((a, b) => b.length - a.length)
  return key === undefined ? undefined : table[key]
}

/** The line with digests cut short, for a table. */
function shortened(program: string, { line }: UpstreamWord): string {
  return [program, ...line]
    .join(' ')
    .replaceAll(/(?<=[0-9a-f])[0-9a-f]{58,}/g, '…')
    .replaceAll('|', '\\|')
}
