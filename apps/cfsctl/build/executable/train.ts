import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  codeName,
  compileBundle,
  compiledScripts,
  loadBundle,
} from '../../src/executable/load-bundle.ts'
import type { main as Main } from '../../src/run-program.ts'

/** Bundles that none of the commands below loads. */
const OTHERS = ['./repair.js', './send.js', './undici.js']

/** This one is for a thread that has its work by then: V8 compiles it without a run, as far as it does. */
const THREAD = './helper-thread.js'

/**
 * Runs what people run, and keeps the code that V8 made of it: `train.js WORK`, with an image layout in `WORK/layout`.
 * An executable that starts with this code need not compile what most commands need.
 */
async function train(work: string): Promise<void> {
  const { main } = loadBundle('./program.js') as { main: typeof Main }
  const run = (...args: string[]) => main(['cfsctl', ...args])
  const repository = ['--repo', join(work, 'repository')]
  await run('--version')
  await run('--help')
  await run('init', '--help')
  await run('init', '--insecure', join(work, 'repository'))
  await run(...repository, 'oci', 'pull', `oci:${work}/layout:demo`, 'demo')
  await run(...repository, 'oci', 'pull', '--json', `oci:${work}/layout:demo`, 'again')
  await run(...repository, 'oci', 'images')
  await run(...repository, 'oci', 'images', '--json')
  await run(...repository, 'oci', 'compute-id', 'demo')
  await run(...repository, 'oci', 'dump', 'demo')
  await run(...repository, 'oci', 'seal', 'demo')
  // Needs no mount to know how: it fails before.
  await run(...repository, 'oci', 'mount', 'demo', join(work, 'missing'))
  await run(...repository, 'fsck')
  await run(...repository, 'gc', '--dry-run')
  await run('--no-repo', 'compute-id', join(work, 'layout'))
  await main(['mkcomposefs', join(work, 'layout'), join(work, 'image')])
  await main(['composefs-info', 'ls', join(work, 'image')])
  for (const name of OTHERS) loadBundle(name)
  compileBundle(THREAD)
  for (const [file, script] of compiledScripts()) {
    writeFileSync(join(__dirname, codeName(file)), script.createCachedData())
  }
}

void train(process.argv[2] ?? '').then(() => process.exit(0))
