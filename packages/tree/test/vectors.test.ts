import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithmByName, SHA256 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import {
  DumpParser,
  diffTrees,
  type FileTree,
  isTreeError,
  parseDump,
  writeDump,
} from '../src/index.ts'

interface Case {
  readonly name: string
  readonly dump: string | null
  readonly algorithm: string
  readonly dump_sha256: string
}

interface Failure {
  readonly name: string
  readonly dump: string | null
  readonly reason: string
  readonly must_fail: readonly number[]
}

const directory = join(vectorsDirectory, 'erofs')
const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
  readonly cases: readonly Case[]
  readonly must_fail: readonly Failure[]
}

function read(file: string): Uint8Array {
  return readFileSync(join(directory, file))
}

function dumpOf(tree: FileTree): Buffer {
  return Buffer.concat([...writeDump(tree)])
}

describe('dump files of the image vectors', () => {
  test.each(index.cases.filter(each => each.dump !== null))('$name', each => {
    const algorithm = algorithmByName(each.algorithm) ?? SHA256
    const tree = parseDump(read(each.dump ?? ''), algorithm)
    const dump = dumpOf(tree)
    expect(createHash('sha256').update(dump).digest('hex')).toBe(each.dump_sha256)
    const again = parseDump(dump, algorithm)
    expect([...diffTrees(tree, again)]).toEqual([])
    expect(dumpOf(again).equals(dump)).toBe(true)
  })

  test.each(index.cases.filter(each => each.dump !== null))('$name in small pieces', each => {
    const bytes = read(each.dump ?? '')
    const parser = new DumpParser(algorithmByName(each.algorithm) ?? SHA256)
    for (let at = 0; at < bytes.length; at += 97) parser.write(bytes.subarray(at, at + 97))
    expect(createHash('sha256').update(dumpOf(parser.finish())).digest('hex')).toBe(
      each.dump_sha256,
    )
  })

  const bad = index.must_fail.filter(each => each.dump !== null && each.must_fail.includes(0))
  test.each(bad)('refuses $name: $reason', each => {
    expect(() => parseDump(read(each.dump ?? ''), SHA256)).toThrow(
      expect.toSatisfy(error => isTreeError(error)),
    )
  })

  // What only one version of the image refuses is no error of the dump.
  const versioned = index.must_fail.filter(
    each => each.dump !== null && !each.must_fail.includes(0),
  )
  test.each(versioned)('takes $name: $reason', each => {
    expect(parseDump(read(each.dump ?? ''), SHA256).inodeCount).toBeGreaterThan(1)
  })
})
