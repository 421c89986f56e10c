import { mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  formatFinding,
  initRepository,
  openRepository,
  type Repository,
} from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'
import { objectHelpers } from './object-threads.ts'

async function newRepository(threads: number): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  const system = linuxSystem
  await initRepository(path, { system, algorithm: SHA256, insecure: true })
  const repository = await openRepository(path, { system, helpers: objectHelpers(threads) })
  onTestFinished(() => repository.close())
  return repository
}

describe.each([
  ['without helpers', 0],
  ['with a helper', 1],
])('a check of objects %s', (_, threads) => {
  test('tells which are not what their names say', async () => {
    const repository = await newRepository(threads)
    const { objects, layout } = repository
    const put = (size: number, text: string) => objects.put(Buffer.alloc(size, text)).digest
    const many = Array.from({ length: 400 }, (_, i) => put(i * 20, `object ${i} `))
    const large = put(9 << 20, 'large ')
    const wrongLarge = put(10 << 20, 'another ')
    put(0, '')
    repository.slots.startHelpers()
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsCorrupted: 0 })

    const [swapped, cut, replaced, renamed] = many.slice(100)
    if (!swapped || !cut || !replaced || !renamed) throw new Error()
    writeFileSync(layout.object(swapped), 'something else')
    truncateSync(layout.object(cut), 3)
    renameSync(layout.object(replaced), `${layout.objects}/kept`)
    mkdirSync(layout.object(replaced))
    renameSync(`${layout.objects}/kept`, layout.object(renamed).slice(0, -1))
    writeFileSync(layout.object(wrongLarge), Buffer.alloc(10 << 20, 'changed '))
    const counts: number[] = []
    const report = await checkRepository(repository, { onProgress: done => counts.push(done) })
    expect(report.findings.map(({ kind, path }) => [kind, path]).sort()).toEqual(
      [
        ['object-digest-mismatch', `objects/${swapped.objectPath}`],
        ['object-digest-mismatch', `objects/${cut.objectPath}`],
        ['object-digest-mismatch', `objects/${wrongLarge.objectPath}`],
        ['object-open-failed', `objects/${replaced.objectPath}`],
        ['object-invalid-name', `objects/${renamed.objectPath.slice(0, -1)}`],
      ].sort(),
    )
    expect(report.findings.map(formatFinding).join('\n')).toContain('EISDIR: no regular file')
    expect(report).toMatchObject({ objectsChecked: counts.length - 1, objectsCorrupted: 5 })
    expect(counts).toEqual(counts.map((_, i) => i))
    expect(objects.has(large)).toBe(true)
  })

  test('is given up while a large object is read', async () => {
    const repository = await newRepository(threads)
    const { layout, objects } = repository
    const { digest } = objects.put(Buffer.from('x'))
    // Reading it takes longer than a test may.
    truncateSync(layout.object(digest), 2 ** 42)
    const controller = new AbortController()
    const check = checkRepository(repository, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    await expect(check).rejects.toThrow('enough')
  })
})
