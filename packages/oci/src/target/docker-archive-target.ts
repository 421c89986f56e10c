import { encodeUtf8 } from '@composefs/bytes'
import type { Descriptor } from '../document/descriptor.ts'
import { parseManifest } from '../document/manifest.ts'
import { mediaTypeRole } from '../document/media-type.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { fullImageName } from '../full-image-name.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import { ArchiveImageTarget } from './archive-image-target.ts'
import { ArchiveWriter } from './archive-writer.ts'
import type { ImageTarget } from './image-target.ts'

/** How to write an archive for Docker. */
export interface DockerArchiveTargetOptions {
  /** What the image is called where it is loaded: `app`, `quay.io/a/b:1.0`. */
  readonly name?: string | undefined
  /** Replace a file that is there. */
  readonly force?: boolean | undefined
}

/**
 * Writes a tar as docker save does and docker load, podman load and skopeo read: the config, the tars of the layers, and
 * `manifest.json`, which is a list and no manifest of a registry. It has its name once it is complete. The same image
 * makes the same bytes.
 *
 * @throws OciError ERR_OCI_TARGET_EXISTS, ERR_OCI_BAD_REFERENCE for what is no name
 *
 * @example
 * await using target = await createDockerArchiveTarget('/srv/app.tar', { name: 'app:1.0' })
 */
export async function createDockerArchiveTarget(
  path: string,
  options: DockerArchiveTargetOptions = {},
): Promise<ImageTarget> {
  const { name, force = false } = options
  const tag = name === undefined ? undefined : readName(name)
  const description = `docker-archive:${path}${name === undefined ? '' : `:${name}`}`
  return new ArchiveImageTarget(await ArchiveWriter.create(path, { force }), {
    description,
    hasUnpackedLayers: true,
    blobName: fileName,
    documents: manifest => new Map([['manifest.json', imageList(manifest, tag)]]),
  })
}

function imageList({ bytes, mediaType }: ManifestBytes, tag: string | undefined): Uint8Array {
  const { config, layers } = parseManifest(bytes, mediaType)
  const image = {
    Config: fileName(config),
    RepoTags: tag === undefined ? null : [tag],
    Layers: layers.map(fileName),
  }
  return encodeUtf8(`${JSON.stringify([image])}\n`)
}

function fileName({ digest, mediaType }: Descriptor): string {
  const { encoded } = requireOciDigest(digest, 'a blob', ['sha256'])
  return `${encoded}.${mediaTypeRole(mediaType) === 'config' ? 'json' : 'tar'}`
}

/** With registry and tag: readers do not agree on what to add. */
function readName(text: string): string {
  const name = fullImageName(text)
  if (name !== undefined && !name.includes('@')) return name
  throw new OciError(
    'ERR_OCI_BAD_REFERENCE',
    `${text} is no name of an image: NAME[:TAG], without a digest`,
    { reference: text },
  )
}
