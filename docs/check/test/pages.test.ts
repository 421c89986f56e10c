import { spawnSync } from 'node:child_process'
import { registryUnavailable } from '@composefs/test-fixtures/registry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allPages } from '../src/pages.ts'
import { RUN, runPage, WRITTEN_BY_COMMAND } from '../src/run-page.ts'
import { createScratchWorld, type ScratchWorld } from '../src/scratch-world.ts'
import { commandFault, splitCommands } from '../src/workspace-commands.ts'

const pages = allPages()

/** Languages of blocks that only show something. */
const SHOWN = ['', 'json', 'yaml']

describe('blocks of pages', () => {
  const blocks = pages.flatMap(page => page.blocks.map(block => ({ path: page.path, ...block })))

  test('are programs, or nothing that could be one', () => {
    const unknown = blocks.filter(({ language }) => ![...RUN, ...SHOWN].includes(language))
    expect(unknown).toEqual([])
    // What a reader may type is marked as such, so that it is run.
    const typed = /^(?:\$ |pnpm |npx |npm |cfsctl |import )/m
    const unmarked = blocks.filter(({ language, text }) => language === '' && typed.test(text))
    expect(unmarked).toEqual([])
  })

  test('of JSON are JSON', () => {
    for (const { text, language } of blocks) if (language === 'json') JSON.parse(text)
  })

  test('say what scripts and packages of the workspace are called', () => {
    const faults = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ path, text }) =>
        splitCommands(text).ofWorkspace.flatMap(line => {
          const fault = commandFault(line)
          return fault === undefined ? [] : [`${path}: ${line}: ${fault}`]
        }),
      )
    expect(faults).toEqual([])
  })
})

test.each(WRITTEN_BY_COMMAND)('%s says which command writes it', path => {
  const { markdown = '' } = pages.find(page => page.path === path) ?? {}
  const [, command = ''] = /^Written by `(pnpm [a-z:]+)`/m.exec(markdown) ?? []
  expect(command).not.toBe('')
  expect(commandFault(command)).toBe(undefined)
})

/** What the output of a page has in it, beside an exit status of 0: it did what it says. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  'README.md': /^oci images: 1\/1 ok$/m,
  'apps/cfsctl/README.md': /^usr$/m,
  'packages/erofs/README.md': /^regular 82 \/usr\/app$/m,
  'packages/linux/README.md': /target: '\/mnt',[^}]*verity: 'require'/,
  'packages/oci/README.md':
    /^sha512 2 [0-9a-f]{128}\n(?:.*\n)*sha256:[0-9a-f]{64}\n1024\n0 [0-9a-f]{64}$/m,
  'packages/registry/README.md': /^sha256:[0-9a-f]{64}\ntrue$/m,
  'packages/repository/README.md': /^3 [0-9a-f]{128}$/m,
  'packages/splitstream/README.md': /ERR_SPLITSTREAM_TRUNCATED$/m,
  'packages/threads/README.md': /^100$/m,
}

/** Why the examples cannot run here. */
function unavailable(): string | undefined {
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['-m', 'true']).status !== 0) {
    return 'needs CAP_SYS_ADMIN'
  }
  return registryUnavailable()
}

const reason = unavailable()
const runnable = pages.filter(
  ({ path, blocks }) =>
    !WRITTEN_BY_COMMAND.includes(path) &&
    blocks.some(({ language, notRun }) => RUN.includes(language) && notRun === undefined),
)

describe.skipIf(reason !== undefined)(
  `examples${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let world: ScratchWorld
    beforeEach(async () => {
      world = await createScratchWorld()
    })
    afterEach(() => world.close())

    test.each(runnable.map(page => [page.path, page] as const))(
      '%s',
      async (_, page) => {
        expect(await runPage(page, world)).toMatch(OUTPUT[page.path] ?? '')
      },
      600_000,
    )
  },
)
