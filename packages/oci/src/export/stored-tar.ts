import type { Repository } from '@composefs/repository'
import { OciError } from '../errors.ts'
import { inStoredLayer } from '../store/open-entries.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { verifiedBytes } from '../transfer/verified-bytes.ts'
import { evenPieces } from './even-pieces.ts'
import type { StoredBlob } from './export-plan.ts'

/** Bytes of a piece: few enough to keep, many enough for a write each. */
const PIECE_SIZE = 256 << 10

/** A layer as it was before it was split. */
export interface StoredTar {
  /** Bytes of the whole. */
  readonly size: number
  /**
   * Puts it together from its parts, hashed: the last piece comes when the digest has proved right. Each piece is the
   * caller's own.
   *
   * @throws OciError ERR_OCI_DIFF_ID_MISMATCH, ERR_OCI_SIZE_MISMATCH; SplitstreamError and RepositoryError, with the
   * layer in their messages
   */
  bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>
}

/** Opens the stream of a layer. */
export async function openStoredTar(repository: Repository, layer: StoredBlob): Promise<StoredTar> {
  const place = { layer: layer.number, diffId: layer.id }
  try {
    const { size } = await repository.streams.open(layer.stream)
    return { size, bytes: signal => read(repository, { layer, size }, signal) }
  } catch (error) {
    throw inStoredLayer(error, place)
  }
}

async function* read(
  repository: Repository,
  { layer, size }: { readonly layer: StoredBlob; readonly size: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const turns = new EventLoopTurns()
  const { id, number } = layer
  try {
    const pieces = evenPieces(repository.streams.cat(layer.stream), PIECE_SIZE)
    for await (const piece of verifiedBytes(pieces, { digest: id, size }, 'layer')) {
      // Everything is read synchronously, however long it takes.
      const turn = turns.due()
      if (turn !== undefined) await turn
      signal?.throwIfAborted()
      yield piece
    }
  } catch (error) {
    throw inStoredLayer(asDiffIdMismatch(error), { layer: number, diffId: id })
  }
}

/** A tar with another digest than its name is a layer that was stored wrong. */
function asDiffIdMismatch(error: unknown): unknown {
  if (!(error instanceof OciError) || error.code !== 'ERR_OCI_DIGEST_MISMATCH') return error
  const message = `the stored layer gives back a tar with the digest ${String(error.facts.actual)}`
  return new OciError('ERR_OCI_DIFF_ID_MISMATCH', message, error.facts)
}
