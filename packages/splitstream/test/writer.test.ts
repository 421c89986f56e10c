import { concatBytes } from '@composefs/bytes'
import { Digest, fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CONTENT_TYPES,
  INLINE_CHUNK_TARGET,
  memorySource,
  openSplitstream,
  type SplitstreamReader,
  SplitstreamWriter,
} from '../src/index.ts'
import { nodeZstd } from '../src/node.ts'
import { readVector, repositoryStreams } from './vectors.ts'

function newWriter(contentType: string = CONTENT_TYPES.layer): SplitstreamWriter {
  return new SplitstreamWriter({ algorithm: SHA256, contentType, zstd: nodeZstd })
}

function open(bytes: Uint8Array): Promise<SplitstreamReader> {
  return openSplitstream(memorySource(bytes), { algorithm: SHA256, zstd: nodeZstd })
}

async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of sequence) items.push(item)
  return items
}

/** A digest that is not of anything. */
function digestOf(byte: number): Digest {
  return new Digest(SHA256, new Uint8Array(32).fill(byte))
}

// The objects of layer streams have the same names as in a repository that cfsctl filled, so the bytes must be the same.
describe('writes the bytes of cfsctl', () => {
  test('for the example of the format page', async () => {
    const tar = readVector('layers/tiny.tar')
    const content = tar.subarray(512, 577)
    const writer = newWriter()
    writer.writeInline(tar.subarray(0, 512))
    writer.writeExternal(fsverityDigest(content, { algorithm: SHA256 }), content.length)
    writer.writeInline(tar.subarray(577, 1000))
    writer.writeInline(tar.subarray(1000))
    expect(writer).toMatchObject({ size: 2048, inlineSize: 1983, objectCount: 1 })
    expect(await writer.finish()).toEqual(readVector('splitstreams/tiny.splitstream'))
  })

  const streams = repositoryStreams()
    .filter(({ facts }) => facts.header === 'new')
    .map(stream => [`${stream.repository} ${stream.id}`, stream] as const)
  test.each(streams)('for %s', async (_, { facts, bytes, readObject }) => {
    const algorithm = facts.verity.length === 64 ? SHA256 : SHA512
    const options = { algorithm, zstd: nodeZstd }
    const stream = await openSplitstream(memorySource(bytes), options)
    const writer = new SplitstreamWriter({ ...options, contentType: facts.content_type })
    for (const digest of stream.streamReferences) writer.addReference(digest)
    for (const [name, digest] of stream.namedReferences) writer.addNamedReference(name, digest)
    for await (const chunk of stream.chunks()) {
      if (chunk.kind === 'inline') writer.writeInline(chunk.data)
      else writer.writeExternal(chunk.digest, readObject(chunk.digest.hex).length)
      await writer.drain()
    }
    expect(await writer.finish()).toEqual(bytes)
  })
})

describe('a writer', () => {
  test('of nothing writes two empty frames', async () => {
    const bytes = await newWriter(CONTENT_TYPES.none).finish()
    expect(bytes.length).toBe(112 + 2 * 9)
    const stream = await open(bytes)
    expect(stream).toMatchObject({ contentType: '', size: 0 })
    expect(await collect(stream.chunks())).toEqual([])
  })

  test('keeps references once, names in byte order, the later of two equal names', async () => {
    const writer = newWriter()
    writer.addNamedReference('\u{1f600}', digestOf(1))
    writer.addNamedReference('\uffff:b', digestOf(2))
    writer.addNamedReference('a', digestOf(3))
    writer.addNamedReference('a', digestOf(1))
    writer.addReference(digestOf(2))
    const stream = await open(await writer.finish())
    expect([...stream.streamReferences]).toEqual([digestOf(1), digestOf(2), digestOf(3)])
    expect([...stream.namedReferences]).toEqual([
      ['a', digestOf(1)],
      ['\uffff:b', digestOf(2)],
      ['\u{1f600}', digestOf(1)],
    ])
  })

  test('ends a very long inline chunk only where it may', async () => {
    const writer = newWriter()
    const block = new Uint8Array(1024 * 1024)
    for (let size = 0; size <= INLINE_CHUNK_TARGET; size += block.length) {
      writer.allowBreak()
      writer.writeInline(block)
      await writer.drain()
    }
    let chunks = 0
    let size = 0
    for await (const chunk of (await open(await writer.finish())).chunks()) {
      if (chunk.kind !== 'inline') throw new Error('no object was written')
      chunks += chunk.startsChunk ? 1 : 0
      size += chunk.data.length
    }
    expect([chunks, size]).toEqual([2, writer.size])
  })

  test.each([
    ['a content type of another length', () => newWriter('layer'), RangeError],
    ['a content type beyond latin-1', () => newWriter('ocilaye\u{100}'), RangeError],
    ['a zero byte in a name', () => newWriter().addNamedReference('a\0', digestOf(1)), RangeError],
    ['a lone surrogate', () => newWriter().addNamedReference('\ud800', digestOf(1)), RangeError],
    ['a size below zero', () => newWriter().writeExternal(digestOf(1), -1), RangeError],
    [
      'a digest of another algorithm',
      () => newWriter().addReference(new Digest(SHA512, new Uint8Array(64))),
      TypeError,
    ],
  ])('refuses %s', (_, call, error) => {
    expect(call).toThrow(error)
  })

  test('cannot be used after its end', async () => {
    const writer = newWriter()
    await writer.finish()
    expect(() => writer.writeInline(new Uint8Array(1))).toThrow(TypeError)
    const aborted = newWriter()
    aborted.writeInline(new Uint8Array(1))
    aborted.abort()
    await expect(aborted.finish()).rejects.toThrow(TypeError)
  })
})

test('what is written comes back', async () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.nat(255).map(byte => digestOf(byte)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 40 }), async parts => {
      const object = new Uint8Array(100).fill(7)
      const writer = newWriter()
      for (const part of parts) {
        if (part instanceof Digest) writer.writeExternal(part, object.length)
        else writer.writeInline(part)
      }
      const stream = await open(await writer.finish())
      const content = concatBytes(await collect(stream.cat(() => [object])))
      expect(content).toEqual(
        concatBytes(parts.map(part => (part instanceof Digest ? object : part))),
      )
      expect(stream.size).toBe(content.length)
    }),
    { numRuns: 100 },
  )
})
