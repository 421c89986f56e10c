import type { PublishedName, Repository } from '@composefs/repository'
import { parseOciDigest } from '../document/oci-digest.ts'
import { manifestStreamId } from './stream-names.ts'

const DIRECTORY = 'oci-referrers'

/**
 * Notes that the manifest `artifact` says something about the manifest `subject`, which need not be there. The note
 * keeps the artifact alive.
 *
 * @throws OciError ERR_OCI_BAD_DIGEST
 */
export function addReferrer(repository: Repository, subject: string, artifact: string): void {
  // Both come from documents of others and become file names.
  parseOciDigest(subject)
  parseOciDigest(artifact)
  repository.streams.setRef(`${DIRECTORY}/${subject}/${artifact}`, manifestStreamId(artifact))
}

/**
 * The same note as a name to publish together with the artifact.
 *
 * @throws OciError ERR_OCI_BAD_DIGEST
 */
export function referrerName(subject: string, artifact: string): PublishedName {
  parseOciDigest(subject)
  parseOciDigest(artifact)
  return {
    kind: 'stream-ref',
    name: `${DIRECTORY}/${subject}/${artifact}`,
    id: manifestStreamId(artifact),
  }
}

/** The manifests that say something about `subject`, sorted. Notes of manifests that are gone do not count. */
export function listReferrers(repository: Repository, subject: string): string[] {
  parseOciDigest(subject)
  const found: string[] = []
  for (const { name, target } of repository.streams.refs(`${DIRECTORY}/${subject}`)) {
    const artifact = name.slice(DIRECTORY.length + subject.length + 2)
    if (target === manifestStreamId(artifact) && hasManifest(repository, artifact)) {
      found.push(artifact)
    }
  }
  return found.sort()
}

/** Forgets the notes about manifests that are no longer there, and gives the number of notes that were removed. */
export function cleanReferrers(repository: Repository): number {
  const names = Array.from(repository.streams.refs(DIRECTORY), ({ name }) => name)
  let removed = 0
  for (const name of names) {
    const [, subject = ''] = name.split('/')
    if (hasManifest(repository, subject)) continue
    if (repository.streams.removeRef(name)) removed += 1
  }
  return removed
}

function hasManifest(repository: Repository, digest: string): boolean {
  return repository.streams.lookup(manifestStreamId(digest)) !== undefined
}
