import {
  closeSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { koffiLibrary } from '../build/executable/native-library.ts'
import { loadFromMemory, openRemoved } from '../src/executable/native-library.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cfsctl-native-'))
  vi.stubEnv('TMPDIR', directory)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

test('an addon is loaded from bytes, by threads after the first from the same file', () => {
  const bytes = readFileSync(koffiLibrary())
  const first = loadFromMemory(undefined, () => bytes)
  expect(first.exports).toMatchObject({ load: expect.any(Function) })
  expect(readdirSync(directory)).toEqual([])

  const { nlink, mode, size } = statSync(first.path)
  expect({ nlink, size }).toEqual({ nlink: 0, size: bytes.length })
  expect(mode & 0o222).toBe(0)
  expect(readlinkSync(first.path).startsWith(directory)).toBe(true)

  const second = loadFromMemory(first.path, () => expect.unreachable())
  expect(second.path).toBe(first.path)
})

test('where files need a name, it is gone before anything is in the file', () => {
  const file = openRemoved(directory)
  expect(file).toBeDefined()
  expect(fstatSync(file as number)).toMatchObject({ nlink: 0, size: 0 })
  expect(fstatSync(file as number).mode & 0o777).toBe(0o500)
  expect(readdirSync(directory)).toEqual([])
  closeSync(file as number)
})

test('bytes that are no addon are an error that tells all places', () => {
  const load = () => loadFromMemory(undefined, () => Buffer.from('no addon'))
  expect(load).toThrow(/^no place for native code: .*TMPDIR can name one$/)
  expect(load).toThrow(directory)
})
