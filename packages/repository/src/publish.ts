import type { Digest } from '@composefs/fsverity'
import { isRepositoryError } from './errors.ts'
import type { Repository } from './repository.ts'

/** A name that is to become visible. */
export type PublishedName =
  | { readonly kind: 'stream'; readonly id: string; readonly digest: Digest }
  | { readonly kind: 'stream-ref'; readonly name: string; readonly id: string }
  | { readonly kind: 'image'; readonly digest: Digest }
  | { readonly kind: 'image-ref'; readonly name: string; readonly digest: Digest }

/**
 * Makes the names of a batch visible: everything stored so far is written to the disk by one sync, then the names
 * appear in the given order. After a crash a name is missing, or all it needs is there.
 *
 * The order is the caller's: layers, images, configs, manifests, and tags last. Names that are there already need
 * no sync, so a batch that changes nothing costs none.
 */
export function publish(repository: Repository, names: readonly PublishedName[]): void {
  repository.assertWritable()
  // An object that another process stored may not be on the disk yet either: a new name alone asks for a sync.
  const isNeeded = repository.hasUnsynced || names.some(name => !isThere(repository, name))
  if (isNeeded) repository.sync()
  for (const name of names) makeVisible(repository, name)
}

function isThere(repository: Repository, name: PublishedName): boolean {
  try {
    return isLinked(repository, name)
  } catch (error) {
    // A link that says nothing is going to be replaced.
    if (isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) return false
    throw error
  }
}

function isLinked(repository: Repository, name: PublishedName): boolean {
  const { streams, images } = repository
  switch (name.kind) {
    case 'stream':
      return streams.lookup(name.id)?.equals(name.digest) ?? false
    case 'stream-ref':
      return streams.refTarget(name.name) === name.id
    case 'image':
      return images.has(name.digest)
    case 'image-ref':
      return images.refTarget(name.name) === name.digest.hex
  }
}

function makeVisible(repository: Repository, name: PublishedName): void {
  const { streams, images } = repository
  switch (name.kind) {
    case 'stream':
      streams.link(name.id, name.digest)
      break
    case 'stream-ref':
      streams.setRef(name.name, name.id)
      break
    case 'image':
      images.link(name.digest)
      break
    case 'image-ref':
      images.setRef(name.name, name.digest)
  }
}
