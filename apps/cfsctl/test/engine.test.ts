import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const directory = join(vectorsDirectory, 'compression')
const vectors: readonly { id: string; file: string; diff_id?: string }[] = JSON.parse(
  readFileSync(join(directory, 'index.json'), 'utf8'),
).cases

/** Imports the layers of some vectors into a repository of their own and lists what they are stored as. */
function importWith(engine: string): string[] {
  const repository = join(temporaryDirectory(), 'repository')
  const run = (args: readonly string[], input?: Uint8Array) =>
    textOf(runOurs(['--repo', repository, ...args], input, { COMPOSEFS_ENGINE: engine }))
  run(['init', '--insecure'])
  return ['gzip-multi-member', 'zstd-16m-zeros'].map(id => {
    const { file, diff_id: diffId = '' } = vectors.find(vector => vector.id === id) as {
      file: string
      diff_id?: string
    }
    return run(['oci', 'import-layer', diffId], readFileSync(join(directory, file)))
  })
}

describe('COMPOSEFS_ENGINE', () => {
  let expected: string[]
  beforeAll(() => {
    expected = importWith('')
  })

  test.each(['native', 'node'])('%s stores the same', engine => {
    expect(new Set(expected).size).toBe(2)
    expect(importWith(engine)).toEqual(expected)
  })

  test.each(['fast', 'Native', 'node '])("'%s' is a mistake in usage", engine => {
    const { status, stderr } = runOurs(['compute-id', '.'], undefined, {
      COMPOSEFS_ENGINE: engine,
    })
    expect(status).toBe(2)
    expect(stderr).toBe(`error: COMPOSEFS_ENGINE is '${engine}': one of auto, native, node\n`)
  })
})
