// Measures parts of the program: `pnpm bench:micro [PART…]`. It guides work and decides nothing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { images } from './images.ts'
import { objectWrites } from './object-writes.ts'
import { startUp } from './start-up.ts'
import { runSuite, type Suite } from './suite.ts'

const TMPFS = '/dev/shm'

/** The parts: suites of this package, and programs of other ones. */
const PARTS: Readonly<Record<string, (() => readonly Suite[]) | { readonly program: string }>> = {
  engine: { program: '../../../packages/linux/bench/engine.ts' },
  objects: () => [
    ...(existsSync(TMPFS) ? [objectWrites(TMPFS)] : []),
    objectWrites(process.env.BENCH_DISK ?? tmpdir()),
  ],
  images: () => [images()],
  'start-up': () => [startUp()],
}

const names = process.argv.slice(2).filter(argument => argument !== '--')
for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
  const part = PARTS[name]
  if (part === undefined) throw new Error(`${name}: one of ${Object.keys(PARTS).join(', ')}`)
  if (typeof part === 'function') {
    for (const suite of part()) console.log((await runSuite(suite)).join('\n'))
  } else {
    runProgram(part.program)
  }
}

function runProgram(relativePath: string): void {
  const path = fileURLToPath(new URL(relativePath, import.meta.url))
  const { status } = spawnSync(process.execPath, [...process.execArgv, path], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
