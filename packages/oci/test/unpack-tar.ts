import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './layout-builder.ts'

/** Unpacks a tar into a fresh directory, which goes with the test. */
export function unpackTar(file: string): string {
  const directory = temporaryDirectory()
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  execFileSync('tar', ['xf', file, '-C', directory])
  return directory
}
