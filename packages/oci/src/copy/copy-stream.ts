import { createHash } from 'node:crypto'
import type { Digest } from '@composefs/fsverity'
import type { DataSharing, ReceivedBy, Repository } from '@composefs/repository'
import { parseOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { EventLoopTurns } from '../transfer/event-loop-turns.ts'

/** Two repositories of one algorithm, and how their data may be shared. */
export interface StreamCopying {
  readonly from: Repository
  readonly to: Repository
  readonly sharing: DataSharing
  readonly signal: AbortSignal
  readonly turns: EventLoopTurns
}

/** What is to be copied. */
export interface CopiedStream {
  readonly stream: Digest
  readonly contentType: string
  /** Digest of the bytes that the stream stands for. */
  readonly digest: string
}

/** How objects came over; those of which the repository had each once are `present`. */
export type ReceivedCounts = Readonly<Record<ReceivedBy, number>>

/** What was copied, in bytes and objects. */
export interface StreamCopy {
  /** Bytes that the stream stands for. */
  readonly size: number
  /** Those of them that are in the stream itself. */
  readonly inlineSize: number
  readonly objects: ReceivedCounts
  /** Bytes of the objects that are new, by how they came. */
  readonly bytes: ReceivedCounts
}

/**
 * Copies a stream with its objects as it is: nothing is split or compressed again, and its id stays. All bytes that it
 * stands for are hashed on the way, so that a stream under a wrong name is not passed on. It has no name yet.
 *
 * @throws OciError ERR_OCI_DIFF_ID_MISMATCH; RepositoryError ERR_REPOSITORY_OBJECT_NOT_FOUND, _DIGEST_MISMATCH,
 *   _CANNOT_SHARE; SplitstreamError; the reason of the signal
 */
export async function copyStream(
  { stream, contentType, digest }: CopiedStream,
  copying: StreamCopying,
  onProgress: (bytes: number, total: number) => void,
): Promise<StreamCopy> {
  const { from } = copying
  const { algorithm, encoded } = parseOciDigest(digest)
  const hash = createHash(algorithm)
  const reader = await from.streams.open(stream, { contentType, verify: true })
  const objects = new ObjectCopies(copying)
  let [size, inlineSize] = [0, 0]
  const take = (piece: Uint8Array) => {
    hash.update(piece)
    size += piece.length
    onProgress(size, reader.size)
  }
  // What is missing has no size; receiving it says so.
  const objectSize = (id: Digest) => from.objects.sizeOf(id) ?? 0
  for await (const chunk of reader.chunks({ objectSize })) {
    if (chunk.kind === 'external') {
      await objects.copy(chunk.digest, take)
    } else {
      inlineSize += chunk.data.length
      take(chunk.data)
    }
  }
  const actual = hash.digest('hex')
  if (actual !== encoded) throw mismatch(digest, `${algorithm}:${actual}`)
  await objects.copyRest(reader.objectReferences)
  await objects.copyStream(stream)
  return { size, inlineSize, ...objects.counts }
}

function mismatch(expected: string, actual: string): OciError {
  return new OciError(
    'ERR_OCI_DIFF_ID_MISMATCH',
    `the stored stream holds ${actual}, not ${expected}`,
    { expected, actual },
  )
}

/** Takes over objects and counts them. */
class ObjectCopies {
  readonly #copying: StreamCopying
  readonly #objects = { present: 0, copied: 0, reflinked: 0, hardlinked: 0 }
  readonly #bytes = { present: 0, copied: 0, reflinked: 0, hardlinked: 0 }

  constructor(copying: StreamCopying) {
    this.#copying = copying
  }

  get counts(): Pick<StreamCopy, 'objects' | 'bytes'> {
    return { objects: this.#objects, bytes: this.#bytes }
  }

  async copy(id: Digest, take: (piece: Uint8Array) => void): Promise<void> {
    const { how, size } = await this.#receive(id, take)
    this.#objects[how] += 1
    this.#bytes[how] += size
  }

  /** Copies what a stream refers to without having it in a chunk: a check of the repository would miss it. */
  async copyRest(references: Iterable<Digest>): Promise<void> {
    const { to } = this.#copying
    for (const id of references) if (!to.objects.has(id)) await this.copy(id, () => {})
  }

  /** Copies the object that a stream is. */
  async copyStream(id: Digest): Promise<void> {
    await this.#receive(id, () => {})
  }

  async #receive(
    id: Digest,
    take: (piece: Uint8Array) => void,
  ): Promise<{ readonly how: ReceivedBy; readonly size: number }> {
    const { from, to, sharing, signal, turns } = this.#copying
    // Unchecked: what is kept of it is checked.
    const object = from.objects.openUnchecked(id)
    const pieces = to.objects.receive(id, object, sharing)
    try {
      for (;;) {
        const turn = turns.due()
        if (turn !== undefined) await turn
        signal.throwIfAborted()
        const next = pieces.next()
        if (next.done) return { how: next.value, size: object.size }
        take(next.value)
      }
    } finally {
      pieces.return('present')
      object.close()
    }
  }
}
