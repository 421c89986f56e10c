import { fstatSync } from 'node:fs'
import { createFsverity, type Digest } from '@composefs/fsverity'
import type { DataSharing } from './data-sharing.ts'
import { readPieces } from './file-bytes.ts'
import { type OpenObject, objectNotFound } from './object-handle.ts'
import type { StagedFile } from './staged-file.ts'
import { assertDigest, type Verity } from './verity.ts'

/** How an object of another repository came to be in this one. */
export type ReceivedBy = 'present' | 'copied' | 'reflinked' | 'hardlinked'

/** How to take over an object. */
export interface ReceiveOptions {
  readonly sharing: DataSharing
  /** Gets all bytes of the object, in pieces that are valid during the call. */
  onPiece?(piece: Uint8Array): void
}

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

/**
 * Takes over an object that another store of the same algorithm has open: by sharing its blocks, by linking its file,
 * or by copying. Its digest is checked in any case, on the bytes that are kept.
 *
 * @throws RepositoryError ERR_REPOSITORY_DIGEST_MISMATCH, _CANNOT_SHARE, and of secure repositories _VERITY_*
 */
export function receiveObject(
  id: Digest,
  from: OpenObject,
  options: ReceiveOptions & { readonly store: ReceivingStore },
): Exclude<ReceivedBy, 'present'> {
  const { store, sharing } = options
  const staged = store.stage()
  try {
    if (sharing.clone(from.file, staged.file)) {
      keep(id, readPieces(staged.file), { ...options, staged })
      return 'reflinked'
    }
    if (!sharing.mustShare) {
      keep(id, written(from, staged), { ...options, staged })
      return 'copied'
    }
  } finally {
    staged.close()
  }
  keepLink(id, from, options)
  return 'hardlinked'
}

/** Yields the bytes of an object when they are in the new file. */
function* written(from: OpenObject, staged: StagedFile): Generator<Uint8Array> {
  for (const piece of from.pieces()) {
    staged.write(piece)
    yield piece
  }
}

interface Keeping extends ReceiveOptions {
  readonly store: ReceivingStore
  readonly staged: StagedFile
}

/** Reads the content of a new file, checks its digest, and publishes it. */
function keep(id: Digest, pieces: Iterable<Uint8Array>, options: Keeping): void {
  const { store, staged } = options
  const { verity } = store
  // In a secure repository the kernel reads it anyway.
  const computed = readAll(id, pieces, { ...options, isHashed: !verity.required })
  if (computed !== undefined) assertDigest(computed, id)
  const measured = verity.seal(staged)
  if (measured !== undefined) assertDigest(measured, id)
  store.publish(staged)
}

function keepLink(id: Digest, from: OpenObject, options: Omit<Keeping, 'staged'>): void {
  const { store } = options
  const { verity } = store
  const { path } = from
  const staged = store.stageLink(path)
  try {
    // The name may stand for another file by now.
    const [linked, opened] = [fstatSync(staged.file), fstatSync(from.file)]
    if (linked.ino !== opened.ino || linked.dev !== opened.dev) throw objectNotFound(id, path)
    const computed = readAll(id, readPieces(staged.file), {
      ...options,
      isHashed: !verity.required,
    })
    if (computed !== undefined) assertDigest(computed, id, path)
    verity.measureOrEnable(staged.file)
    verity.check(staged.file, id, { path, verify: false })
    store.publish(staged)
  } finally {
    staged.close()
  }
}

/** Reads everything; the digest of it, if it is to be computed. */
function readAll(
  id: Digest,
  pieces: Iterable<Uint8Array>,
  options: Omit<Keeping, 'staged'> & { readonly isHashed: boolean },
): Digest | undefined {
  const { hashing } = options.store.verity
  const hash = options.isHashed ? createFsverity({ algorithm: id.algorithm, hashing }) : undefined
  for (const piece of pieces) {
    hash?.update(piece)
    options.onPiece?.(piece)
  }
  return hash?.digest()
}
