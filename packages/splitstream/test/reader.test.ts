import { createHash } from 'node:crypto'
import { concatBytes } from '@composefs/bytes'
import { type Algorithm, type Digest, SHA256, SHA512 } from '@composefs/fsverity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CONTENT_TYPES,
  isSplitstreamError,
  memorySource,
  openSplitstream,
  type SplitstreamErrorCode,
  type SplitstreamReader,
} from '../src/index.ts'
import { nodeZstd } from '../src/node.ts'
import { readVector, repositoryStreams, splitstreamVectors, vectorObjects } from './vectors.ts'

function open(bytes: Uint8Array, algorithm: Algorithm = SHA256): Promise<SplitstreamReader> {
  return openSplitstream(memorySource(bytes), { algorithm, zstd: nodeZstd })
}

class MissingObject extends Error {}

function* readObject(digest: Digest): Generator<Uint8Array> {
  const object = vectorObjects.get(digest.hex)
  if (object === undefined) throw new MissingObject(digest.hex)
  yield object
}

/** The reproduced file up to the first error, and the error. */
async function cat(bytes: Uint8Array): Promise<{ content: Uint8Array; error: unknown }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of (await open(bytes)).cat(readObject)) pieces.push(piece)
    return { content: concatBytes(pieces), error: undefined }
  } catch (error) {
    return { content: concatBytes(pieces), error }
  }
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

// What we say where cfsctl, or the vector, refuses.
const REFUSED: Readonly<Record<string, SplitstreamErrorCode>> = {
  'alg-3': 'ERR_SPLITSTREAM_UNSUPPORTED',
  'alg-sha512': 'ERR_SPLITSTREAM_WRONG_ALGORITHM',
  'chunk-half-length': 'ERR_SPLITSTREAM_TRUNCATED',
  'chunk-i64-min': 'ERR_SPLITSTREAM_SIZE_MISMATCH',
  'chunk-inline-past-end': 'ERR_SPLITSTREAM_SIZE_MISMATCH',
  'header-only': 'ERR_SPLITSTREAM_OUT_OF_RANGE',
  'info-79-bytes': 'ERR_SPLITSTREAM_BAD_SECTION',
  'info-huge': 'ERR_SPLITSTREAM_OUT_OF_RANGE',
  'lgblock-16': 'ERR_SPLITSTREAM_UNSUPPORTED',
  'named-ref-index-out-of-range': 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE',
  'named-ref-no-colon': 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE',
  'named-ref-no-terminator': 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE',
  'named-ref-space': 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE',
  'named-refs-empty-record': 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE',
  'object-refs-not-multiple': 'ERR_SPLITSTREAM_BAD_SECTION',
  'stream-range-past-eof': 'ERR_SPLITSTREAM_OUT_OF_RANGE',
  'stream-size-wrong': 'ERR_SPLITSTREAM_SIZE_MISMATCH',
  'stream-trailing-garbage': 'ERR_SPLITSTREAM_BAD_ZSTD',
  'stream-truncated-frame': 'ERR_SPLITSTREAM_BAD_ZSTD',
  'version-1': 'ERR_SPLITSTREAM_UNSUPPORTED',
}

describe('a splitstream', () => {
  test.each(splitstreamVectors)('%s', async (name, { file, cfsctl, want }) => {
    const { content, error } = await cat(readVector(file))
    if (name === 'missing-object') {
      expect(error).toBeInstanceOf(MissingObject)
      expect(content.length).toBe(cfsctl.cat_bytes)
    } else if (REFUSED[name] !== undefined) {
      expect(error).toMatchObject({ name: 'SplitstreamError', code: REFUSED[name] })
    } else {
      expect(error).toBeUndefined()
      if (cfsctl.cat === 'ok') expect(sha256(content)).toBe(cfsctl.cat_sha256)
      else expect(want).toMatch(/^accept/)
    }
  })

  test('of no bytes or no names, which nobody writes', async () => {
    const empty = await cat(readVector('splitstreams/stream-zero-bytes.splitstream'))
    expect(empty).toEqual({ content: new Uint8Array(0), error: undefined })
    const unnamed = await open(readVector('splitstreams/named-refs-zero-bytes.splitstream'))
    expect(unnamed.namedReferences.size).toBe(0)
  })

  test('with a name twice: the later one counts', async () => {
    const { namedReferences, streamReferences } = await open(
      readVector('splitstreams/named-ref-duplicate-name.splitstream'),
    )
    const [[, digest] = []] = [...namedReferences]
    expect(namedReferences.size).toBe(1)
    expect(digest).toEqual(streamReferences.at(streamReferences.length - 1))
  })

  test('with a colon in a name', async () => {
    const { namedReferences } = await open(
      readVector('splitstreams/named-ref-colon-in-name.splitstream'),
    )
    expect([...namedReferences.keys()].some(name => name.includes(':'))).toBe(true)
  })

  test.each([
    [CONTENT_TYPES.layer, undefined],
    [CONTENT_TYPES.config, 'ERR_SPLITSTREAM_WRONG_CONTENT_TYPE'],
  ])('opened as %s', async (contentType, code) => {
    const source = memorySource(readVector('splitstreams/good.splitstream'))
    const opened = openSplitstream(source, { algorithm: SHA256, zstd: nodeZstd, contentType })
    if (code === undefined) expect((await opened).contentType).toBe(contentType)
    else await expect(opened).rejects.toMatchObject({ code })
  })

  test.each([
    [0, 'ERR_SPLITSTREAM_TRUNCATED'],
    [31, 'ERR_SPLITSTREAM_TRUNCATED'],
    [111, 'ERR_SPLITSTREAM_OUT_OF_RANGE'],
    [238, 'ERR_SPLITSTREAM_OUT_OF_RANGE'],
  ])('cut after %i bytes', async (length, code) => {
    const bytes = readVector('splitstreams/tiny.splitstream').subarray(0, length)
    await expect(open(bytes)).rejects.toMatchObject({ code })
  })

  test('with an object of another size', async () => {
    const stream = await open(readVector('splitstreams/good.splitstream'))
    const read = async (size: number): Promise<void> => {
      for await (const chunk of stream.chunks({ objectSize: () => size })) void chunk
    }
    const external = [...stream.objectReferences].map(
      digest => vectorObjects.get(digest.hex)?.length,
    )
    expect(external).toEqual([100])
    await read(100)
    for (const size of [99, 101, Number.MAX_SAFE_INTEGER]) {
      await expect(read(size)).rejects.toMatchObject({ code: 'ERR_SPLITSTREAM_SIZE_MISMATCH' })
    }
  })
})

describe('a stream of a repository that cfsctl made', () => {
  const streams = repositoryStreams().map(
    stream => [`${stream.repository} ${stream.id}`, stream] as const,
  )
  test.each(streams)('%s', async (_, { facts, bytes, readObject }) => {
    const stream = await open(bytes, facts.verity.length === 64 ? SHA256 : SHA512)
    const objectSize = (digest: Digest): number => readObject(digest.hex).length
    const content: Uint8Array[] = []
    let chunks = 0
    let inlineChunks = 0
    let inlineBytes = 0
    for await (const chunk of stream.chunks({ objectSize })) {
      if (chunk.kind === 'external') {
        chunks += 1
        continue
      }
      chunks += chunk.startsChunk ? 1 : 0
      inlineChunks += chunk.startsChunk ? 1 : 0
      inlineBytes += chunk.data.length
    }
    for await (const piece of stream.cat(digest => [readObject(digest.hex)])) content.push(piece)
    expect({
      content_type: stream.contentType,
      stream_size: stream.size,
      inline_bytes: inlineBytes,
      chunks,
      inline_chunks: inlineChunks,
      object_refs: Array.from(stream.objectReferences, digest => digest.hex),
      stream_refs: Array.from(stream.streamReferences, digest => digest.hex),
      named_refs: Object.fromEntries(
        Array.from(stream.namedReferences, ([name, d]) => [name, d.hex]),
      ),
      content_sha256: sha256(concatBytes(content)).slice(7),
    }).toEqual({
      content_type: facts.content_type,
      stream_size: facts.stream_size,
      inline_bytes: facts.inline_bytes,
      chunks: facts.chunks,
      inline_chunks: facts.inline_chunks,
      object_refs: facts.object_refs,
      stream_refs: facts.stream_refs,
      named_refs: facts.named_refs,
      content_sha256: facts.content_sha256,
    })
  })
})

test('changed bytes give content no longer than the stream size, or our own error', async () => {
  const seeds = splitstreamVectors.map(([, { file }]) => readVector(file))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(400)),
      async (seed, changes, cut) => {
        const bytes = seed.slice(0, cut ?? seed.length)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        const { content, error } = await cat(bytes)
        const expected =
          error === undefined || error instanceof MissingObject || isSplitstreamError(error)
        expect(expected ? undefined : error).toBeUndefined()
        if (content.length > 0) expect(content.length).toBeLessThanOrEqual((await open(bytes)).size)
      },
    ),
    { numRuns: 400 },
  )
})
