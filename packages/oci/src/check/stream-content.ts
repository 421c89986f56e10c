import { createHash, type Hash } from 'node:crypto'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { isSplitstreamError } from '@composefs/splitstream'
import { parseOciDigest } from '../document/oci-digest.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { reasonOfUnreadable } from './unreadable.ts'

/** What reading a stream showed. */
export interface StreamState {
  /** Objects it refers to that are not there; empty when the stream cannot be opened. */
  readonly missing: readonly Digest[]
  readonly problem?: StreamProblem
}

/** Why a stream cannot be read, or what is wrong with its content. */
export interface StreamProblem {
  readonly kind: 'unopened' | 'size-mismatch' | 'invalid' | 'digest-mismatch'
  readonly detail: string
}

/** How to read a stream. */
export interface StreamContentOptions {
  /** Hash all content, and compare it with this digest. */
  readonly expected?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Missing objects that are listed of one stream. */
const MISSING_MAX = 100_000

/**
 * Reads a stream: its references, and its chunks, whose lengths and the sizes of the objects have to add up to what
 * its header says. The objects themselves are only read where a digest is expected.
 */
export async function inspectStream(
  repository: Repository,
  stream: Digest,
  { expected, signal }: StreamContentOptions = {},
): Promise<StreamState> {
  const { objects, streams } = repository
  const turns = new EventLoopTurns()
  const missing: Digest[] = []
  try {
    const reader = await streams.open(stream, { verify: true })
    for (const digest of reader.objectReferences) {
      if (!objects.has(digest) && missing.length < MISSING_MAX) missing.push(digest)
    }
    if (missing.length > 0) return { missing }
    const hash = expected === undefined ? undefined : createHasher(expected)
    const objectSize = (digest: Digest) => objects.sizeOf(digest) ?? 0
    for await (const chunk of reader.chunks({ objectSize })) {
      signal?.throwIfAborted()
      const turn = turns.due()
      if (turn !== undefined) await turn
      if (hash === undefined) continue
      if (chunk.kind === 'inline') hash.update(chunk.data)
      else await hashObject(repository, chunk.digest, { hash, turns, signal })
    }
    if (hash === undefined || expected === undefined) return { missing }
    const actual = `${parseOciDigest(expected).algorithm}:${hash.digest('hex')}`
    if (actual === expected) return { missing }
    const detail = `expected ${expected}, got ${actual}`
    return { missing, problem: { kind: 'digest-mismatch', detail } }
  } catch (error) {
    signal?.throwIfAborted()
    const detail = reasonOfUnreadable(error)
    if (isSplitstreamError(error, 'ERR_SPLITSTREAM_SIZE_MISMATCH')) {
      return { missing, problem: { kind: 'size-mismatch', detail } }
    }
    const kind = isSplitstreamError(error) ? 'invalid' : 'unopened'
    return { missing, problem: { kind, detail } }
  }
}

function createHasher(digest: string): Hash {
  return createHash(parseOciDigest(digest).algorithm)
}

async function hashObject(
  { objects }: Repository,
  digest: Digest,
  {
    hash,
    turns,
    signal,
  }: {
    readonly hash: Hash
    readonly turns: EventLoopTurns
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  for (const piece of objects.chunks(digest)) {
    hash.update(piece)
    const turn = turns.due()
    if (turn !== undefined) await turn
    signal?.throwIfAborted()
  }
}
