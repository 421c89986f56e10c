import type { Repository } from '@composefs/repository'
import type { Descriptor } from '../document/descriptor.ts'
import { openManifest } from './manifest-stream.ts'
import { listReferrers } from './referrers.ts'

/** A manifest that says something about an image, or about another referrer of it. */
export interface StoredReferrer {
  readonly digest: string
  /** What it refers to. */
  readonly subject: string
  readonly mediaType: string | undefined
  /** Its type, or that of its config, which stands for it in older artifacts. */
  readonly artifactType: string
  /** Bytes of the manifest. */
  readonly size: number
  readonly annotations: ReadonlyMap<string, string>
  readonly layers: readonly Descriptor[]
}

/**
 * What refers to a manifest, and what refers to that: the signature of an attestation of an image, for example. Those
 * of the image come first, each list sorted by digest. Manifests that do not open are told to `onBroken`, and left out.
 *
 * @param subject the digest of a manifest, which need not be stored
 * @throws OciError ERR_OCI_BAD_DIGEST
 */
export async function describeReferrers(
  repository: Repository,
  subject: string,
  options: { onBroken?(digest: string, error: unknown): void } = {},
): Promise<StoredReferrer[]> {
  const found: StoredReferrer[] = []
  const seen = new Set([subject])
  const subjects = [subject]
  // The list grows while it is gone through.
  for (const subject of subjects) {
    for (const digest of listReferrers(repository, subject)) {
      if (seen.has(digest)) continue
      seen.add(digest)
      try {
        found.push(await describe(repository, subject, digest))
        subjects.push(digest)
      } catch (error) {
        options.onBroken?.(digest, error)
      }
    }
  }
  return found
}

async function describe(
  repository: Repository,
  subject: string,
  digest: string,
): Promise<StoredReferrer> {
  const { manifest, json } = await openManifest(repository, digest)
  const { mediaType, artifactType, config, annotations, layers } = manifest
  return {
    digest,
    subject,
    mediaType,
    artifactType: artifactType ?? config.mediaType,
    size: json.length,
    annotations,
    layers,
  }
}
