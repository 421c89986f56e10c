import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compareRepositories } from '../src/check/object-sets.ts'

const directory = mkdtempSync(join(tmpdir(), 'composefs-bench-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

let count = 0

function repository(objects: Readonly<Record<string, string>>, images: readonly string[]): string {
  const path = join(directory, String(count++))
  mkdirSync(join(path, 'images', 'refs'), { recursive: true })
  for (const [name, content] of Object.entries({ 'aa/same': 'content', ...objects })) {
    mkdirSync(join(path, 'objects', name.slice(0, 2)), { recursive: true })
    writeFileSync(join(path, 'objects', name), content)
  }
  for (const image of images) writeFileSync(join(path, 'images', image), '')
  return path
}

test.each([
  ['the same', { 'bb/x': 'x' }, { 'bb/x': 'x' }, []],
  ['other splitstreams', { 'bb/x': 'SplitStream 1' }, { 'bb/y': 'SplitStream 2' }, []],
  ['an object too many', { 'bb/x': 'x' }, {}, ['only ours: bb/x']],
  ['objects missing', {}, { 'bb/x': 'x', 'cc/y': '' }, ['only theirs: bb/x, cc/y']],
])('%s', (_, ours, theirs, problems) => {
  const found = compareRepositories(repository(ours, ['0a']), repository(theirs, ['0a']))
  expect(found).toEqual(problems)
})

test('another image', () => {
  const [ours, theirs] = [repository({}, ['0a']), repository({}, ['0b', '0c'])]
  expect(compareRepositories(ours, theirs)).toEqual(['images: ours 0a, theirs 0b, 0c'])
})

test('nothing on both sides is no agreement', () => {
  const [ours, theirs] = [repository({}, []), repository({}, [])]
  for (const path of [ours, theirs]) rmSync(join(path, 'objects/aa'), { recursive: true })
  expect(compareRepositories(ours, theirs)).toEqual(['no objects'])
})
