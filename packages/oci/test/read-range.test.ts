import { writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readRange } from '../src/disk/read-range.ts'
import { temporaryDirectory } from './layout-builder.ts'

const MIB = 1 << 20

/** A file in which each mebibyte begins with its number. */
async function numberedFile(size: number): Promise<FileHandle> {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += MIB) bytes[at] = at / MIB + 1
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, bytes)
  const file = await open(path)
  onTestFinished(() => file.close())
  return file
}

describe('chunks of a file', () => {
  const size = 9 * MIB + 100_000

  test('are the own of the caller by default', async () => {
    const file = await numberedFile(size)
    const chunks: Uint8Array[] = []
    for await (const chunk of readRange(file, { start: 0, size, name: 'a' })) chunks.push(chunk)
    expect(chunks.map(([first]) => first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(new Set(chunks.map(chunk => chunk.buffer)).size).toBe(10)
    expect(chunks.at(-1)).toHaveLength(100_000)
  })

  test('that are short-lived stay valid until the next but one is asked for', async () => {
    const file = await numberedFile(size)
    const memory = new Set<ArrayBufferLike>()
    const options = { areShortLived: true }
    let before: Uint8Array | undefined
    let number = 0
    for await (const chunk of readRange(file, { start: 0, size, name: 'a' }, options)) {
      // Time for a read that would come too early.
      await new Promise(resolve => setTimeout(resolve, 10))
      expect(before?.[0] ?? 0).toBe(number)
      number += 1
      expect(chunk[0]).toBe(number)
      memory.add(chunk.buffer)
      before = chunk
    }
    expect(number).toBe(10)
    expect(memory.size).toBe(4)
  })

  test('that are short are not used again', async () => {
    const file = await numberedFile(1000)
    const options = { areShortLived: true }
    for await (const chunk of readRange(file, { start: 0, size: 1000, name: 'a' }, options)) {
      expect(chunk.buffer.byteLength).toBe(1000)
    }
  })

  test('end with an error where the file does', async () => {
    const file = await numberedFile(MIB)
    const chunks = readRange(file, { start: 0, size: 2 * MIB, name: 'a' }, { areShortLived: true })
    await chunks.next()
    await expect(chunks.next()).rejects.toMatchObject({
      code: 'ERR_OCI_SIZE_MISMATCH',
      facts: { expected: 2 * MIB, actual: MIB },
    })
  })
})
