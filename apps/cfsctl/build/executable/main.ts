// Makes `dist-exe/cfsctl`, one file for hosts without Node: this node, with the bundles of the program and the native
// part of koffi inside. `pnpm build:exe` bundles first.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeDemoLayout } from '@composefs/test-fixtures'
import { inject } from 'postject'
import { writeLicenses } from './licenses.ts'
import { koffiLibrary } from './native-library.ts'

/** The place in node that says whether something is inside, and the name of what is. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const RESOURCE = 'NODE_SEA_BLOB'

const output = join(import.meta.dirname, '../../dist-exe')
const bundles = join(output, 'bundles')
const work = mkdtempSync(join(tmpdir(), 'composefs-executable-'))
try {
  copyFileSync(koffiLibrary(), join(bundles, 'koffi.node'))
  await train()
  await assemble(join(output, 'cfsctl'))
  writeLicenses(join(output, 'LICENSES'))
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Lets V8 compile what is used, with the very node that will run it. */
async function train(): Promise<void> {
  // The package around them says that .js files are modules.
  writeFileSync(join(bundles, 'package.json'), '{ "type": "commonjs" }\n')
  await writeDemoLayout(join(work, 'layout'))
  const { status, stderr } = spawnSync(process.execPath, [join(bundles, 'train.js'), work], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`training ended with ${status}: ${stderr}`)
}

async function assemble(file: string): Promise<void> {
  const isAsset = (name: string) => !['executable.js', 'train.js', 'package.json'].includes(name)
  const assets = readdirSync(bundles).filter(isAsset)
  const blob = join(work, 'blob')
  const config = {
    main: join(bundles, 'executable.js'),
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.fromEntries(assets.map(name => [name, join(bundles, name)])),
  }
  writeFileSync(join(work, 'config.json'), JSON.stringify(config))
  run(process.execPath, ['--experimental-sea-config', join(work, 'config.json')])
  // Beside the one that may be running; a copy, since the node of a package manager may have several names.
  const partial = `${file}.partial`
  cpSync(process.execPath, partial, { force: true })
  chmodSync(partial, 0o755)
  const isStripped = strip(partial)
  await inject(partial, RESOURCE, readFileSync(blob), { sentinelFuse: FUSE })
  run('mv', [partial, file])
  const mebibytes = (statSync(file).size / 2 ** 20).toFixed(1)
  console.log(
    `${file}: ${mebibytes} MiB, ${assets.length} files inside${isStripped ? '' : ', not stripped'}`,
  )
}

/** Takes out what only a debugger needs: 17 MiB. The functions that the engine calls are in the dynamic table. */
function strip(file: string): boolean {
  const { status } = spawnSync('strip', [file], { stdio: 'ignore' })
  return status === 0
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`)
}
