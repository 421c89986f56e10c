import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { showUtf8 } from '@composefs/bytes'
import { missingPrograms, runProgram } from '@composefs/test-fixtures/registry'
import { describe, expect, test } from 'vitest'
import { scanArchive } from '../src/source/archive-scan.ts'
import { encodeFileHeader, paddingOf } from '../src/target/tar-header.ts'
import { temporaryDirectory } from './layout-builder.ts'

const GIB = 2 ** 30
const LONG = `blobs/sha512/${'0'.repeat(128)}`

const FILES = [
  ['a', 0],
  ['a', 513],
  ['n'.repeat(100), 1],
  [LONG, 5],
  ['the largest of ustar', 8 * GIB - 1],
  ['the smallest beyond', 8 * GIB],
  [LONG, 3000 * GIB + 17],
] as const

/** An archive of one file, its content a hole. */
function archiveOf(name: string, size: number) {
  const path = join(temporaryDirectory(), 'archive.tar')
  const file = openSync(path, 'w')
  const header = encodeFileHeader(name, size)
  writeSync(file, header)
  const total = header.length + size + paddingOf(size).length + 1024
  ftruncateSync(file, total)
  closeSync(file)
  return { path, size: total }
}

describe('the header of a file', () => {
  test.each(FILES)('%s of %i bytes is read back', async (name, size) => {
    const archive = archiveOf(name, size)
    await using file = await open(archive.path)
    const found: unknown[] = []
    await scanArchive(file, { size: archive.size, name: archive.path }, entry => {
      const { kind, path, size, mode, uid, gid, mtimeSeconds } = entry
      found.push({ kind, path: showUtf8(path), size, mode, uid, gid, mtimeSeconds })
    })
    const common = { kind: 'regular', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0n }
    expect(found).toEqual([{ ...common, path: `/${name}`, size }])
  })

  const tar = missingPrograms('tar')
  test.skipIf(tar !== undefined).each(FILES)(
    `%s of %i bytes is what GNU tar reads${tar === undefined ? '' : ` (${tar})`}`,
    (name, size) => {
      const { path } = archiveOf(name, size)
      const [, , actualSize, , , ...rest] = runProgram('tar', ['-tvf', path]).trim().split(/ +/)
      expect([Number(actualSize), rest.join(' ')]).toEqual([size, name])
    },
  )
})
