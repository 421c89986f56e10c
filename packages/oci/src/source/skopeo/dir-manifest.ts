import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { JSON_SIZE_MAX } from '../../document/json.ts'
import { parseManifest } from '../../document/manifest.ts'
import { isDockerManifest } from '../../document/media-type.ts'
import { sha256Digest } from '../../document/oci-digest.ts'
import type { ManifestBytes } from '../image-source.ts'

/**
 * The Docker manifest of a `dir:` as it lies there: skopeo gives it converted only. Undefined for other transports,
 * and when it is not the one that was converted.
 */
export async function readDirManifest(
  reference: string,
  digest: string,
): Promise<ManifestBytes | undefined> {
  if (!reference.startsWith('dir:')) return undefined
  const bytes = await readSmall(join(reference.slice('dir:'.length), 'manifest.json'))
  if (bytes === undefined || sha256Digest(bytes) !== digest) return undefined
  const { mediaType } = parseManifest(bytes)
  if (mediaType === undefined || !isDockerManifest(mediaType)) return undefined
  return { bytes, mediaType, digest }
}

async function readSmall(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = await file.stat()
    return status.isFile() && status.size <= JSON_SIZE_MAX ? await file.readFile() : undefined
  } finally {
    await file.close()
  }
}
