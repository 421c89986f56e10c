import { equalBytes } from '@composefs/bytes'
import type { Repository } from '@composefs/repository'
import type { PullPlan } from '../source/plan.ts'
import { hasAllImages } from '../store/commit-images.ts'
import { openConfig, type StoredConfig } from '../store/config-stream.ts'
import { openManifest, type StoredManifest } from '../store/manifest-stream.ts'
import { blobStreamId, configStreamId } from '../store/stream-names.ts'
import { unlessUnreadable } from '../store/unless-unreadable.ts'
import { findLayer } from './missing-layers.ts'

/** Manifest and config of an image as the repository has them. */
export interface StoredPull {
  readonly manifest: StoredManifest
  readonly config: StoredConfig
}

/** The same, as far as it is there. */
export interface KnownPull {
  readonly manifest: StoredManifest | undefined
  readonly config: StoredConfig | undefined
}

/** The config of a plan as an earlier pull stored it; undefined when there is none that can be read. */
export async function findConfig(
  repository: Repository,
  plan: PullPlan,
): Promise<StoredConfig | undefined> {
  const { digest, bytes } = plan.config
  const stream = repository.streams.lookup(configStreamId(digest))
  if (stream === undefined) return undefined
  const config = await unlessUnreadable(openConfig(repository, digest, stream))
  return config !== undefined && equalBytes(config.json, bytes) ? config : undefined
}

/** The manifest of a plan as an earlier pull stored it; undefined when there is none that can be read. */
export async function findManifest(
  repository: Repository,
  plan: PullPlan,
): Promise<StoredManifest | undefined> {
  const { digest, bytes } = plan.manifest
  const manifest = await unlessUnreadable(openManifest(repository, digest, { trusted: true }))
  return manifest !== undefined && equalBytes(manifest.json, bytes) ? manifest : undefined
}

/**
 * What an earlier pull of the same plan stored, if there is nothing left to do but to name it: all layers are there,
 * and so are the images of all formats, and config and manifest refer to them.
 */
export function findStored(
  repository: Repository,
  plan: PullPlan,
  known: KnownPull,
): StoredPull | undefined {
  const { config, manifest } = known
  if (config === undefined || manifest === undefined) return undefined
  for (const { id } of plan.layers) {
    const stream = findLayer(repository, id)
    if (stream === undefined || !config.layers.get(id)?.equals(stream)) return undefined
  }
  if (!plan.isArtifact && !hasAllImages(repository, config.images)) return undefined
  const { docker } = plan
  const hasOriginal =
    docker === undefined || repository.streams.lookup(blobStreamId(docker.digest)) !== undefined
  if (!hasOriginal) return undefined
  const isRight =
    manifest.config.stream.equals(config.stream) &&
    plan.layers.every(({ id }) => manifest.layers.has(id))
  return isRight ? { manifest, config } : undefined
}
