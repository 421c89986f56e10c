import {
  type DirectoryEntry,
  damagesOf,
  entriesBelow,
  snapshot,
} from '@composefs/test-fixtures/damage'
import { describe, expect, test } from 'vitest'
import { checkRepository } from '../../src/index.ts'
import { damagedRepository, lookAt, neededObjects } from './damaged-repository.ts'

const damaged = await damagedRepository()
const { path } = damaged
const needed = await neededObjects(path)
const isNeeded = (entry: string) => [...needed].some(object => object.startsWith(entry))

/**
 * Whether a check of the repository cannot see that an entry is gone: nothing that is left says that it was there.
 * Which layers and configs an image has is said by its manifest, which is for a check of images to read.
 */
function isSilent({ path: entry, kind }: DirectoryEntry, damage: string): boolean {
  const isGone = damage === 'removed' || (damage === 'an empty directory' && kind === 'directory')
  if (entry.startsWith('objects/')) return isGone && !isNeeded(entry)
  // Directories of refs are not counted.
  if (/^(streams|images)\/refs/.test(entry)) return isGone || damage === 'an empty directory'
  return isGone && SILENT.some(pattern => pattern.test(entry))
}

const SILENT = [/^(streams|images)$/, /^streams\/oci-layer-/, /^streams\/oci-config-sha256:92bc/]

describe('in a small repository', () => {
  test('nothing is wrong', async () => {
    const report = await lookAt(path, checkRepository)
    expect(report).toMatchObject({ ok: true, metadata: 'ok', findings: [], warnings: [] })
  })

  test.each(entriesBelow(path))(
    '$path, a $kind, is missed in whatever way it is spoiled',
    async entry => {
      for (const damage of damagesOf(entry.kind)) {
        if (!damaged.damage(entry.path, damage)) continue
        try {
          const before = snapshot(damaged.directory)
          const report = await lookAt(path, checkRepository)
          const ofNames = await lookAt(path, repository =>
            checkRepository(repository, { metadataOnly: true }),
          )
          expect(snapshot(damaged.directory), damage.name).toEqual(before)
          const isReported = 'refused' in report || !report.ok || report.metadata === 'absent'
          expect(isReported, damage.name).toBe(!isSilent(entry, damage.name))
          expect('refused' in ofNames, damage.name).toBe('refused' in report)
        } finally {
          damaged.restore(entry.path)
        }
      }
    },
  )
})
