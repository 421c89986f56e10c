import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DirectoryEntry, readDirectory, streamDirectory } from '../src/directory.ts'
import { temporaryDirectory } from './directories.ts'

/** Above this a directory is read bit by bit. */
const SMALL_SIZE = 1 << 16

const typesOf = (entry: DirectoryEntry) =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() && 'link'

describe.each([
  ['small', 20],
  ['large', 4000],
])('a %s directory', (size, count) => {
  /** Names of 100 characters: twenty of them fit into what is small, four thousand nowhere. */
  const nameOf = (number: number) => `${number}`.padStart(100, '0')

  function fill(): string {
    const path = temporaryDirectory()
    for (let i = 0; i < count; i++) {
      const name = join(path, nameOf(i))
      if (i % 3 === 0) writeFileSync(name, '')
      else if (i % 3 === 1) mkdirSync(name)
      else symlinkSync('nowhere', name)
    }
    expect(statSync(path).size > SMALL_SIZE).toBe(size === 'large')
    return path
  }

  test('has all its entries, sorted, with their types', () => {
    const entries = [...readDirectory(fill())]
    expect(entries.map(({ name }) => name.toString())).toEqual(
      Array.from({ length: count }, (_, i) => nameOf(i)),
    )
    expect(entries.map(typesOf)).toEqual(
      Array.from({ length: count }, (_, i) => ['file', 'directory', 'link'][i % 3]),
    )
  })

  test('can be left early', () => {
    for (const { name } of streamDirectory(fill(), 'latin1')) {
      expect(name).toHaveLength(100)
      return
    }
    expect.unreachable()
  })
})

test('bytes of a name that are no UTF-8 stay as they are', () => {
  const path = temporaryDirectory()
  const name = Buffer.from('a\xff\xfe', 'latin1')
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), name]), '')
  expect([...readDirectory(path)].map(entry => entry.name)).toEqual([name])
})

test('what is not there, or no directory, has no entries', () => {
  const path = join(temporaryDirectory(), 'file')
  expect([...readDirectory(path)]).toEqual([])
  writeFileSync(path, '')
  expect([...readDirectory(path)]).toEqual([])
  expect([...readDirectory(join(path, 'below'))]).toEqual([])
})
