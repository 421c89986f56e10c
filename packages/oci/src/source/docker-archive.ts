import type { FileHandle } from 'node:fs/promises'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { readAll } from '../document/read-document.ts'
import { OciError } from '../errors.ts'
import { openArchiveFile, openMember } from './archive-file.ts'
import { DockerArchiveImage } from './docker-archive-image.ts'
import { DockerArchiveIndex } from './docker-archive-index.ts'
import {
  chooseDockerArchiveEntry,
  type DockerArchiveEntry,
  parseDockerArchiveEntries,
} from './docker-archive-list.ts'
import type { DockerArchiveOptions } from './docker-archive-options.ts'
import type { ImageSource } from './image-source.ts'

/**
 * Opens an image in an archive as docker save, podman save, buildah and skopeo write it.
 *
 * Such an archive has no manifest. The one that is made up is that of skopeo: config as it is, layers unpacked, each
 * under its diff id. Layers that are packed inside the archive are unpacked for it.
 *
 * @throws OciError ERR_OCI_SOURCE_NOT_FOUND, ERR_OCI_BAD_ARCHIVE, ERR_OCI_AMBIGUOUS_TAG, ERR_OCI_TAG_NOT_FOUND,
 * ERR_OCI_LAYER_COUNT_MISMATCH, ERR_OCI_NO_MATCHING_PLATFORM, ERR_OCI_DIGEST_MISMATCH for a config that is not what its
 * name says, ERR_OCI_COMPRESSION_*, and what parsing the documents throws
 *
 * @example
 * await using source = await openDockerArchive('/srv/debian.tar', { tag: 'debian:12' })
 * const { digest } = await source.manifest()
 */
export async function openDockerArchive(
  path: string,
  options: DockerArchiveOptions = {},
): Promise<ImageSource> {
  const file = await openArchiveFile(path, options)
  try {
    const { size } = await file.stat()
    const index = await DockerArchiveIndex.read(file, { size, name: path }, options.signal)
    const entry = await chooseDockerArchiveEntry(await readList(file, path, index), {
      name: path,
      tag: options.tag,
    })
    return await DockerArchiveImage.open({ file, path, index, entry }, options)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readList(
  file: FileHandle,
  path: string,
  index: DockerArchiveIndex,
): Promise<DockerArchiveEntry[]> {
  if (!index.has('manifest.json')) {
    const isLayout = index.has('oci-layout')
    throw new OciError(
      'ERR_OCI_BAD_ARCHIVE',
      isLayout
        ? `${path} has no manifest.json but an OCI layout, which is named by oci-archive:`
        : `${path} has no manifest.json: no archive of docker save (1.10 or later)`,
      { path, expected: 'manifest.json' },
    )
  }
  const list = openMember(file, path, index.find('manifest.json'))
  if (list.size > JSON_SIZE_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_JSON',
      `${path}: manifest.json of ${list.size} bytes: at most ${JSON_SIZE_MAX} are read`,
      { path, expected: JSON_SIZE_MAX, actual: list.size },
    )
  }
  return parseDockerArchiveEntries(await readAll(list.chunks(), JSON_SIZE_MAX))
}
