import type { DescribedProgram } from '../arguments/described-program.ts'
import { pageMarkdown } from './markdown.ts'
import { allPages } from './pages.ts'

/** What is the same for all commands, or only of use in a manual. */
const OMITTED = new Set(['Global options', 'See also'])

/** docs/cli.md: the whole command line in one document. */
export async function commandLineReference(program: DescribedProgram): Promise<string> {
  const pages = await allPages(program)
  const [first, ...others] = pages.filter(({ section }) => section !== 5)
  const contents = others.map(({ name }) => name)
  const parts = [
    '# The command line',
    [
      'Written by `pnpm docs:cli` from the table of commands (`apps/cfsctl/src/command-table.ts`), which also makes the',
      `parser, \`--help\`, completion and the ${contents.length + 2} manual pages; changes belong there. The format of dump`,
      'files is in [formats/dumpfile.md](formats/dumpfile.md).',
    ].join('\n'),
    ...(first === undefined ? [] : [pageMarkdown(first, new Set(['See also']))]),
    ...others.map(page => pageMarkdown(page, OMITTED)),
  ]
  return parts
    .map(part => part.trimEnd())
    .join('\n\n')
    .concat('\n')
}
