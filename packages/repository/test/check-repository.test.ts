import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type CheckOptions,
  type CheckReport,
  checkRepository,
  formatFinding,
  openRepository,
} from '../src/index.ts'
import { SimulatedSystem } from './simulated-system.ts'
import { unpackRepository } from './unpack-repository.ts'

const repositories = join(vectorsDirectory, 'repo', 'repos')
const names = readdirSync(repositories)
  .filter(name => name.endsWith('.tar'))
  .map(name => name.slice(0, -4))

async function check(path: string, options?: CheckOptions): Promise<CheckReport> {
  const repository = await openRepository(path, { system: new SimulatedSystem() })
  onTestFinished(() => repository.close())
  return checkRepository(repository, options)
}

describe.each(names.filter(name => name !== 'broken'))('the sound repository %s', name => {
  test('has no findings', async () => {
    const report = await check(unpackRepository(name))
    expect(report.findings).toEqual([])
    expect(report.warnings).toEqual([])
    expect(report.ok).toBe(true)
  })
})

/** Reasons are worded differently; kinds, paths, names and digests are not. */
const withoutReason = (line: string) =>
  line.replace(/^(fsck: (?:image-invalid|stream-open-failed|object-invalid-name): [^ ]+): .*/, '$1')

describe('the broken repository of cfsctl', () => {
  const facts = JSON.parse(readFileSync(join(repositories, 'broken.json'), 'utf8'))

  test.each([
    ['everything', 'fsck_json', {}],
    ['all but the objects', 'fsck_metadata_only_json', { metadataOnly: true }],
  ])('has the findings of cfsctl: %s', async (_, key, options) => {
    const report = await check(unpackRepository('broken'), options)
    const { errors, has_metadata, ...counts } = facts[key]
    expect(report.findings.map(formatFinding).map(withoutReason).sort()).toEqual(
      errors.map(withoutReason).sort(),
    )
    expect(has_metadata).toBe(report.metadata !== 'absent')
    expect({
      ok: report.ok,
      objects_checked: report.objectsChecked,
      objects_corrupted: report.objectsCorrupted,
      streams_checked: report.streamsChecked,
      streams_corrupted: report.streamsCorrupted,
      images_checked: report.imagesChecked,
      images_corrupted: report.imagesCorrupted,
      broken_links: report.brokenLinks,
      missing_objects: report.missingObjects,
    }).toEqual(counts)
  })
})
