import { encodeUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { manifestName, writeManifest } from '../src/store/manifest-stream.ts'
import { tagName } from '../src/store/tags.ts'

/** A digest of nothing that is stored. */
export const ABSENT = `sha256:${'0'.repeat(64)}`

/** Stores an image without layers; `salt` makes its digests its own. */
export async function storeImage(
  repository: Repository,
  salt: string,
  options: { tag?: string; configSalt?: string; mediaType?: string } = {},
) {
  const { tag, configSalt = salt } = options
  const { mediaType = 'application/vnd.oci.image.config.v1+json' } = options
  const layers = new Map<string, Digest>()
  const json = encodeUtf8(`{"created":"${configSalt}","rootfs":{"diff_ids":[]}}`)
  const config = await writeConfig(repository, { json, layers, images: new Map() })
  const descriptor = { mediaType, digest: config.digest, size: json.length }
  const document = { schemaVersion: 2, config: descriptor, layers: [], annotations: { salt } }
  const manifest = await writeManifest(repository, {
    json: encodeUtf8(JSON.stringify(document)),
    config,
    layers,
  })
  publish(repository, [
    configName(config),
    manifestName(manifest),
    ...(tag === undefined ? [] : [tagName(tag, manifest.digest)]),
  ])
  return { config, manifest }
}
