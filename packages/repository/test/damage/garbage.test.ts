import { damagesOf, entriesBelow, snapshot } from '@composefs/test-fixtures/damage'
import { describe, expect, test } from 'vitest'
import { collectGarbage, type Repository } from '../../src/index.ts'
import { damagedRepository, lookAt } from './damaged-repository.ts'

const damaged = await damagedRepository()
const { path } = damaged

/** What lies in the directories of objects, whatever else has been made of them. */
const objectsIn = (repository: string) =>
  entriesBelow(repository)
    .map(entry => entry.path)
    .filter(entry => /^objects\/..\/.{62}$/.test(entry))

/** Collects garbage and returns what is gone. */
async function collect(repository: Repository): Promise<readonly string[]> {
  const before = objectsIn(path)
  await collectGarbage(repository)
  const after = new Set(objectsIn(path))
  return before.filter(object => !after.has(object))
}

const garbage = await (async () => {
  const gone = await lookAt(path, collect)
  if ('refused' in gone) throw new Error(gone.refused)
  damaged.restore('objects')
  return new Set(gone)
})()

/**
 * Damage that takes names away as `untag` and `image rm` do: what they kept is garbage then. A config is kept by its
 * name too: only streams that have one are opened to see what they need.
 */
function isLossOfNames(entry: string, damage: string): boolean {
  const isGone = damage === 'removed' || damage === 'an empty directory'
  return isGone && /^(streams|images)(\/refs.*|\/oci-config-.*)?$/.test(entry)
}

describe('garbage collection', () => {
  test('has something to do in the small repository', () => {
    expect([...garbage].map(object => object.slice(0, 10)).sort()).toEqual(GARBAGE)
  })

  test.each(entriesBelow(path))(
    'removes nothing that is needed when $path, a $kind, is spoiled',
    async entry => {
      for (const damage of damagesOf(entry.kind)) {
        if (!damaged.damage(entry.path, damage)) continue
        const before = snapshot(damaged.directory)
        const gone = await lookAt(path, collect)
        if ('refused' in gone) {
          expect(snapshot(damaged.directory), damage.name).toEqual(before)
          damaged.restore(entry.path)
          continue
        }
        const needed = gone.filter(object => !garbage.has(object))
        if (!isLossOfNames(entry.path, damage.name)) expect(needed, damage.name).toEqual([])
        damaged.reset()
      }
    },
  )
})

const GARBAGE = ['objects/0c', 'objects/2d', 'objects/6c', 'objects/f9']
