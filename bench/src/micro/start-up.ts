import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runMeasured, runPlain } from '../measure/run-measured.ts'
import { findTools } from '../tools.ts'
import type { Suite } from './suite.ts'

/** What the program takes before it does anything. */
export function startUp(): Suite {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-bench-micro-'))
  const repo = join(directory, 'repo')
  const tools = findTools()
  const ours = tools.command('ours') ?? []
  runPlain([...ours, '--repo', repo, 'init', '--insecure'])
  const run = (command: readonly string[]) => () => runMeasured(command, { directory })
  return {
    title: 'start-up',
    unit: { name: 'process', count: 1 },
    rounds: 15,
    close: () => rmSync(directory, { recursive: true }),
    cases: [
      { name: 'a node that does nothing', run: run(tools.command('node') ?? []) },
      { name: '--help', run: run([...ours, '--help']) },
      { name: 'images, none', run: run([...ours, '--repo', repo, 'images']) },
      { name: 'oci images, none', run: run([...ours, '--repo', repo, 'oci', 'images']) },
      { name: 'fsck, empty', run: run([...ours, '--repo', repo, 'fsck']) },
    ],
  }
}
