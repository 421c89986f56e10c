import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { expect, onTestFinished, test } from 'vitest'
import { type CollectResult, collectGarbage, openRepository } from '../../src/index.ts'
import { SimulatedSystem } from '../simulated-system.ts'
import { unpackRepository } from '../unpack-repository.ts'
import { linksOf, objectsOf } from './contents.ts'

interface GcFacts {
  readonly case: string
  readonly untag: readonly string[]
  readonly extra_roots: readonly string[]
  readonly dry_run_output: readonly string[]
  readonly output: readonly string[]
  readonly removed_objects: readonly string[]
  readonly removed_bytes: number
  readonly links_left: readonly string[]
}

const repositories = join(vectorsDirectory, 'repo', 'repos')
const cases = readdirSync(repositories)
  .filter(name => name.endsWith('.json'))
  .flatMap(name => {
    const { gc = [] } = JSON.parse(readFileSync(join(repositories, name), 'utf8'))
    return (gc as GcFacts[]).map(facts => [name.slice(0, -5), facts.case, facts] as const)
  })

test.each(cases)('%s: %s', async (name, _, facts) => {
  const path = unpackRepository(name)
  const repository = await openRepository(path, { system: new SimulatedSystem(), mode: 'write' })
  onTestFinished(() => repository.close())
  for (const tag of facts.untag) {
    repository.streams.removeRef(`oci/${tag.replaceAll('%', '%25').replaceAll('/', '%2F')}`)
  }
  const before = objectsOf(path)
  const roots = facts.extra_roots

  const dry = await collectGarbage(repository, { dryRun: true, roots })
  expect(objectsOf(path)).toEqual(before)
  const result = await collectGarbage(repository, { roots, countKept: true })

  expect(dry).toEqual({ ...result, dryRun: true, objectsKept: null, bytesKept: null })
  expect(linesOf(result)).toEqual(facts.output)
  expect(result.bytesRemoved).toBe(facts.removed_bytes)
  const left = objectsOf(path)
  expect(before.filter(hex => !left.includes(hex))).toEqual([...facts.removed_objects].sort())
  expect(linksOf(path)).toEqual([...facts.links_left].sort())
  expect(result.objectsKept).toBe(left.length)
  expect(repository.lock).toBe('shared')
})

function linesOf(result: CollectResult): string[] {
  const { objectsRemoved, bytesRemoved, imagesPruned, streamsPruned } = result
  const lines = [`Objects: ${objectsRemoved} removed (${bytesRemoved} bytes)`]
  if (imagesPruned + streamsPruned > 0) {
    lines.push(`Pruned symlinks: ${imagesPruned} images, ${streamsPruned} streams`)
  }
  return lines
}
