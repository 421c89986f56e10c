import type { Descriptor } from '../document/descriptor.ts'
import { parseIndex } from '../document/index-document.ts'
import { mediaTypeRole } from '../document/media-type.ts'
import { OciError } from '../errors.ts'
import { INDEX_LEVELS_MAX, type SelectManifestOptions, tooDeep } from './select-manifest.ts'

/**
 * Finds every manifest below some entries of an index, whatever its platform, in the order of the documents and each
 * once. Manifests themselves are not read.
 *
 * @throws OciError ERR_OCI_UNSUPPORTED_MEDIA_TYPE, ERR_OCI_INDEX_TOO_DEEP, and what reading and parsing the indexes
 * throws
 */
export async function listManifests(
  entries: readonly Descriptor[],
  options: Pick<SelectManifestOptions, 'source' | 'read'>,
): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>()
  const walked = new Set<string>()
  const walk = async (descriptors: readonly Descriptor[], level: number): Promise<void> => {
    for (const descriptor of descriptors) {
      const { digest, mediaType } = descriptor
      const role = mediaTypeRole(mediaType)
      if (role === 'manifest') {
        if (!found.has(digest)) found.set(digest, descriptor)
        continue
      }
      if (role !== 'index') throw neither(descriptor, options.source)
      if (level === INDEX_LEVELS_MAX) throw tooDeep(digest, options.source)
      // A document is walked once, so a web of indexes costs no more than its bytes.
      if (walked.has(digest)) continue
      walked.add(digest)
      const index = parseIndex(await options.read(descriptor, 'index'), mediaType)
      await walk(index.manifests, level + 1)
    }
  }
  await walk(entries, 0)
  return [...found.values()]
}

function neither({ digest, mediaType }: Descriptor, source: string): OciError {
  return new OciError(
    'ERR_OCI_UNSUPPORTED_MEDIA_TYPE',
    `${source}: ${digest} is neither an index nor a manifest: ${mediaType}`,
    { digest, mediaType },
  )
}
