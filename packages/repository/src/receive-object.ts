import { fstatSync } from 'node:fs'
import { createFsverity, type Digest } from '@composefs/fsverity'
import type { DataSharing } from './data-sharing.ts'
import { readPieces } from './file-bytes.ts'
import { type OpenObject, objectNotFound } from './object-handle.ts'
import type { StagedFile } from './staged-file.ts'
import { assertDigest, type Verity } from './verity.ts'

/** How an object of another repository came to be in this one. */
export type ReceivedBy = 'present' | 'copied' | 'reflinked' | 'hardlinked'

/** What taking over needs of the store. */
export interface ReceivingStore {
  readonly verity: Verity
  /** Starts an empty file. */
  stage(): StagedFile
  /** Starts with another name of a file. */
  stageLink(path: string): StagedFile
  /** Gives the file the name of the object. */
  publish(staged: StagedFile): void
}

/** How to take over an object. */
export interface ReceiveOptions {
  readonly store: ReceivingStore
  readonly sharing: DataSharing
}

/**
 * Takes over an object that another store of the same algorithm has open: by sharing its blocks, by linking its file,
 * or by copying. Its digest is checked in any case, on the bytes that are kept. Yields these bytes, in pieces that are
 * valid until the next one; breaking off leaves nothing.
 *
 * @throws RepositoryError ERR_REPOSITORY_DIGEST_MISMATCH, _CANNOT_SHARE, and of secure repositories _VERITY_*
 */
export function* receiveObject(
  id: Digest,
  from: OpenObject,
  options: ReceiveOptions,
): Generator<Uint8Array, Exclude<ReceivedBy, 'present'>> {
  const { store, sharing } = options
  if (sharing.canClone || !sharing.mustShare) {
    const staged = store.stage()
    try {
      if (sharing.clone(from.file, staged.file)) {
        yield* keep(id, readPieces(staged.file), { store, staged })
        return 'reflinked'
      }
      if (!sharing.mustShare) {
        yield* keep(id, written(from, staged), { store, staged })
        return 'copied'
      }
    } finally {
      staged.close()
    }
  }
  yield* keepLink(id, from, store)
  return 'hardlinked'
}

/** Yields the bytes of an object when they are in the new file. */
function* written(from: OpenObject, staged: StagedFile): Generator<Uint8Array> {
  for (const piece of from.pieces()) {
    staged.write(piece)
    yield piece
  }
}

/** Reads the content of a new file, checks its digest, and publishes it. */
function* keep(
  id: Digest,
  pieces: Iterable<Uint8Array>,
  { store, staged }: { readonly store: ReceivingStore; readonly staged: StagedFile },
): Generator<Uint8Array, void> {
  const { verity } = store
  yield* checked(id, pieces, verity)
  const measured = verity.seal(staged)
  if (measured !== undefined) assertDigest(measured, id)
  store.publish(staged)
}

function* keepLink(
  id: Digest,
  from: OpenObject,
  store: ReceivingStore,
): Generator<Uint8Array, void> {
  const { verity } = store
  const { path } = from
  const staged = store.stageLink(path)
  try {
    // The name may stand for another file by now.
    const [linked, opened] = [fstatSync(staged.file), fstatSync(from.file)]
    if (linked.ino !== opened.ino || linked.dev !== opened.dev) throw objectNotFound(id, path)
    yield* checked(id, readPieces(staged.file), verity)
    verity.measureOrEnable(staged.file)
    verity.check(staged.file, id, { path, verify: false })
    store.publish(staged)
  } finally {
    staged.close()
  }
}

/** Yields everything and compares its digest at the end, unless the kernel is to do that. */
function* checked(
  id: Digest,
  pieces: Iterable<Uint8Array>,
  { required, hashing }: Verity,
): Generator<Uint8Array, void> {
  const hash = required ? undefined : createFsverity({ algorithm: id.algorithm, hashing })
  for (const piece of pieces) {
    hash?.update(piece)
    yield piece
  }
  if (hash !== undefined) assertDigest(hash.digest(), id)
}
