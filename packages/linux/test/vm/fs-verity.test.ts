import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Algorithm, fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linuxSystem } from '../../src/index.ts'
import { whyNoVerity } from '../ability.ts'

const why = whyNoVerity()

const ALGORITHMS = [SHA256, SHA512]
const other = (algorithm: Algorithm) => (algorithm === SHA256 ? SHA512 : SHA256)

describe.skipIf(why !== undefined)(`fs-verity of the kernel${why ? ` (${why})` : ''}`, () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'composefs-verity-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  /** An unnamed file with content that is open read-only. */
  function written(content: Uint8Array): number {
    const file = linuxSystem.createUnnamed(directory, 0o644)
    if (file === undefined) return expect.unreachable('no O_TMPFILE')
    writeSync(file, content)
    const readable = linuxSystem.reopenReadOnly(file)
    closeSync(file)
    return readable
  }

  test.each(
    ALGORITHMS.flatMap(algorithm =>
      [0, 1, 4096, 4097, 128 * 4096, 128 * 4096 + 1].map(size => ({ algorithm, size })),
    ),
  )('gives the digest we compute: $algorithm.name of $size bytes', ({ algorithm, size }) => {
    const content = Uint8Array.from({ length: size }, (_, i) => i % 253)
    const file = written(content)
    expect(linuxSystem.measureVerity(file, algorithm)).toEqual({ state: 'disabled' })
    expect(linuxSystem.enableVerity(file, algorithm)).toBe('enabled')
    const digest = fsverityDigest(content, { algorithm, hashing: nodeHashing }).bytes
    expect(linuxSystem.measureVerity(file, algorithm)).toEqual({ state: 'enabled', digest })
    closeSync(file)
  })

  test.each(ALGORITHMS)('of $name is on for good, for every name', algorithm => {
    const file = written(new Uint8Array(10))
    expect(linuxSystem.enableVerity(file, algorithm)).toBe('enabled')
    expect(linuxSystem.enableVerity(file, algorithm)).toBe('already')
    expect(linuxSystem.enableVerity(file, other(algorithm))).toBe('already')
    expect(linuxSystem.measureVerity(file, other(algorithm))).toEqual({ state: 'other-algorithm' })
    const path = join(directory, `named-${algorithm.name}`)
    expect(linuxSystem.linkUnnamed(file, path)).toBe('linked')
    closeSync(file)
    expect(() => openSync(path, 'r+')).toThrow(expect.objectContaining({ code: 'EPERM' }))
    expect(readFileSync(path)).toHaveLength(10)
  })

  test('waits until nobody has the file open for writing', () => {
    const writable = linuxSystem.createUnnamed(directory, 0o644) ?? -1
    writeSync(writable, 'content')
    const file = linuxSystem.reopenReadOnly(writable)
    expect(linuxSystem.enableVerity(file, SHA256)).toBe('busy')
    closeSync(writable)
    expect(linuxSystem.enableVerity(file, SHA256)).toBe('enabled')
    closeSync(file)
  })

  test('refuses a descriptor that is open for writing', () => {
    const file = linuxSystem.createUnnamed(directory, 0o644) ?? -1
    expect(linuxSystem.enableVerity(file, SHA256)).toBe('busy')
    closeSync(file)
  })

  test('is not to be had for an algorithm that the kernel does not know', () => {
    const file = written(new Uint8Array(1))
    expect(linuxSystem.enableVerity(file, { ...SHA256, kernelId: 77 as 1 })).toBe('unfit')
    closeSync(file)
  })
})
