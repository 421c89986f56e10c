import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A directory that is gone after the tests of a file or of a `describe`. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cfsctl-test-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
