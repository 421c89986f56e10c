import type { Descriptor } from './descriptor.ts'
import { convertDockerManifest } from './docker-convert.ts'

/** Media types that skopeo gives these, whatever they are: the OCI forms of them end up in the manifest. */
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json'
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** What is known of a file in an archive. */
type Part = Pick<Descriptor, 'digest' | 'size'>

/**
 * The manifest of an image in a Docker archive, which has none itself: what skopeo makes up when it reads one, in its
 * OCI form.
 *
 * @param layers tars, base first
 */
export function dockerArchiveManifest(config: Part, layers: readonly Part[]): Uint8Array {
  return convertDockerManifest({
    mediaType: undefined,
    artifactType: undefined,
    config: describe(CONFIG_TYPE, config),
    layers: layers.map(layer => describe(LAYER_TYPE, layer)),
    subject: undefined,
    annotations: new Map(),
  })
}

function describe(mediaType: string, { digest, size }: Part): Descriptor {
  return { mediaType, digest, size, urls: [], annotations: new Map() }
}
