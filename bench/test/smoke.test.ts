import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeLayout } from '../src/inputs/layout.ts'
import { rootFileSystem } from '../src/inputs/root-file-system.ts'
import { ROWS } from '../src/rows/table.ts'
import type { RunContext } from '../src/run/context.ts'
import { runRow } from '../src/run/run-row.ts'
import { Workspace } from '../src/workspace.ts'

const directory = mkdtempSync(join(tmpdir(), 'composefs-bench-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

// From the sources: what is built may be old.
const main = fileURLToPath(new URL('../../apps/cfsctl/src/main.ts', import.meta.url))
const ours = [process.execPath, '--conditions=composefs-source', '--no-warnings', main]

const layout = join(directory, 'layout')
beforeAll(async () => {
  const shape = { directories: 10, files: 20, symlinks: 2, hardlinks: 1 }
  await writeLayout(layout, [rootFileSystem(shape)], 'gz')
})

test.each(['pull rootfs gz', 'memory: pull rootfs gz, 1 helper'])(
  '%s: without a peer, of a tiny input',
  async name => {
    const row = ROWS.find(row => row.name === name)
    if (row === undefined) throw new Error(name)
    const workspace = new Workspace({ tmpfs: directory, disk: directory })
    const context: RunContext = {
      tools: { command: tool => (tool === 'ours' ? ours : undefined), versions: {} },
      openInput: async () => layout,
      workspace,
      registry: async () => undefined,
      samples: 1,
      quick: false,
      signal: new AbortController().signal,
    }
    try {
      const result = await runRow(row, context)
      expect(result.problems).toBeUndefined()
      expect(Object.keys(result.sides)).toEqual(['ours'])
      expect(result.sides.ours).toHaveLength(1)
      expect(result.sides.ours?.[0]?.wall).toBeGreaterThan(0)
    } finally {
      workspace.close()
    }
    expect(readdirSync(directory).filter(entry => entry.includes('-run-'))).toEqual([])
  },
)

test('a program that fails fails its row', async () => {
  const [row] = ROWS
  if (row === undefined) throw new Error('no rows')
  const workspace = new Workspace({ tmpfs: directory, disk: directory })
  try {
    const result = await runRow(row, {
      tools: { command: tool => (tool === 'ours' ? ['false'] : undefined), versions: {} },
      openInput: async () => '',
      workspace,
      registry: async () => undefined,
      samples: 1,
      quick: false,
      signal: new AbortController().signal,
    })
    expect(result.problems?.[0]).toMatch(/exit status 1/)
  } finally {
    workspace.close()
  }
})
