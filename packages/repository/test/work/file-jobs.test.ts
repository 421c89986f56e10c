import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALGORITHMS, type Algorithm, fsverityDigest, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, test } from 'vitest'
import { createObjectWork, JobOutcome, ObjectJob } from '../../src/index.ts'
import { readFileFailure } from '../../src/work/file-result.ts'
import { temporaryDirectory } from '../directories.ts'

const MIB = 1 << 20

function run(path: string | Buffer, algorithm: Algorithm = SHA256): Uint8Array {
  const work = createObjectWork(
    { algorithm: algorithm.name },
    { system: linuxSystem, hashing: nodeHashing },
  )
  // As in a slot.
  const shared = new Uint8Array(new SharedArrayBuffer(10_000))
  const bytes = Buffer.from(path)
  shared.set(bytes, 100)
  const result = new Uint8Array(new SharedArrayBuffer(72))
  work.run(ObjectJob.digestFile, shared.subarray(100, 100 + bytes.length), result)
  return result.slice()
}

describe('the digest of a file as a job', () => {
  test.each(ALGORITHMS.map(algorithm => [algorithm.name, algorithm] as const))(
    'is that of its content: %s',
    (_, algorithm) => {
      const path = join(temporaryDirectory(), 'file')
      const sizes = [0, 1, 4095, 4096, 4097, 262_144, MIB - 1, MIB, MIB + 1, 8 * MIB]
      for (const size of sizes) {
        const content = Buffer.alloc(size, 'some content ')
        writeFileSync(path, content)
        const result = run(path, algorithm)
        const expected = fsverityDigest(content, { algorithm, hashing: nodeHashing })
        expect(Buffer.from(result.subarray(0, algorithm.digestSize)).toString('hex')).toBe(
          expected.hex,
        )
        expect(result[64]).toBe(JobOutcome.present)
      }
    },
  )

  test('is left to others for a large file, at once', () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, '')
    for (const size of [8 * MIB + 1, 2 ** 42]) {
      truncateSync(path, size)
      expect(run(path)[64]).toBe(JobOutcome.large)
    }
  })

  test('is of a name that is no text, too', () => {
    const path = Buffer.concat([Buffer.from(`${temporaryDirectory()}/`), Buffer.from([0xff, 0x20])])
    writeFileSync(path, 'x')
    expect(run(path)[64]).toBe(JobOutcome.present)
  })

  test('is not to be had of what cannot be read, and why is a result', () => {
    const directory = temporaryDirectory()
    const at = (name: string) => join(directory, name)
    mkdirSync(at('directory'))
    symlinkSync('file', at('symlink'))
    writeFileSync(at('file'), '')
    const failures = ['missing', 'directory', 'symlink', 'file/x'].map(name => {
      const result = run(at(name))
      expect(result[64]).toBe(JobOutcome.failed)
      return readFileFailure(result, at(name))
    })
    expect(failures.map(({ code, syscall }) => [code, syscall])).toEqual([
      ['ENOENT', 'open'],
      ['EISDIR', 'read'],
      ['ELOOP', 'open'],
      ['ENOTDIR', 'open'],
    ])
    expect(failures[0]).toMatchObject({
      message: `ENOENT: no such file or directory, open '${at('missing')}'`,
      path: at('missing'),
      errno: -2,
    })
  })

  test('of a fifo is waited for by nobody', () => {
    const path = join(temporaryDirectory(), 'fifo')
    execFileSync('mkfifo', [path])
    expect(run(path)[64]).toBe(JobOutcome.failed)
  })
})
