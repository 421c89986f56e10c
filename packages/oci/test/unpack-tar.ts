import { execFileSync } from 'node:child_process'
import { temporaryDirectory } from './layout-builder.ts'

/** Unpacks a tar into a fresh directory, which goes with the test. */
export function unpackTar(file: string): string {
  const directory = temporaryDirectory()
  execFileSync('tar', ['xf', file, '-C', directory])
  return directory
}
