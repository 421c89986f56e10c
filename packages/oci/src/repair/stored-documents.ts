import type { Repository } from '@composefs/repository'
import { sha256Digest } from '../document/oci-digest.ts'
import { openConfig, type StoredConfig } from '../store/config-stream.ts'
import { keptBlob } from '../store/kept-blob.ts'
import { openManifest, type StoredManifest } from '../store/manifest-stream.ts'
import { unlessUnreadable } from '../store/unless-unreadable.ts'

/** What a repository still has of the documents of an image, all of it compared with its digest. */
export interface StoredDocuments {
  /** Digest of the manifest. */
  readonly digest: string
  readonly manifest: StoredManifest | undefined
  /** The config that the manifest's stream refers to, or else the one of that name. */
  readonly config: StoredConfig | undefined
  /** True when the manifest was converted from a Docker manifest that is not there any more. */
  readonly lacksDocker: boolean
}

/** Reads the documents of an image, as far as they are there and good. */
export async function readStoredDocuments(
  repository: Repository,
  digest: string,
): Promise<StoredDocuments> {
  const manifest = await unlessUnreadable(openManifest(repository, digest))
  const docker = manifest?.docker
  const original = docker && (await unlessUnreadable(keptBlob(repository, docker.digest)))
  return {
    digest,
    manifest,
    config: manifest && (await readConfig(repository, manifest)),
    lacksDocker: docker !== undefined && original === undefined,
  }
}

async function readConfig(
  repository: Repository,
  { config: { digest, stream } }: StoredManifest,
): Promise<StoredConfig | undefined> {
  const referred = await unlessUnreadable(openConfig(repository, digest, stream))
  if (referred !== undefined && sha256Digest(referred.json) === digest) return referred
  return await unlessUnreadable(openConfig(repository, digest))
}
