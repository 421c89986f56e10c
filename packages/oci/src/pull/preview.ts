import type { Repository } from '@composefs/repository'
import type { PullPlan } from '../source/plan.ts'
import { findLayer, surveyLayers } from './missing-layers.ts'
import type { PullOptions } from './pull-options.ts'
import type { Outcome } from './store-image.ts'
import { NOTHING_PULLED } from './stored-layers.ts'
import { findManifest } from './stored-pull.ts'

/** What a pull would do, found out without a change. Nothing is hashed for it. */
export async function previewPull(
  repository: Repository,
  plan: PullPlan,
  options: PullOptions,
): Promise<Outcome> {
  const { isArtifact } = plan
  const knownBlobs = (await findManifest(repository, plan))?.blobs ?? new Map()
  const { missing, blobs } = await surveyLayers(repository, plan.layers, {
    ...options,
    repair: false,
    verifyLayers: false,
    isArtifact,
    knownBlobs,
  })
  const wanted = new Set(missing.map(({ layer }) => layer.id))
  return {
    manifestVerity: null,
    configVerity: null,
    composefsErofs: null,
    composefsBootErofs: null,
    bootImage: null,
    images: [],
    statistics: {
      ...NOTHING_PULLED,
      bytesFetched: missing.reduce((sum, { layer }) => sum + layer.descriptor.size, 0),
    },
    layers: plan.layers.map(({ id, descriptor: { digest, size } }) => ({
      diffId: id,
      digest,
      status: wanted.has(id) || findLayer(repository, id) === undefined ? 'fetched' : 'present',
      size,
      isBlobKept: blobs.has(digest),
    })),
  }
}
