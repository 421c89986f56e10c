import { formatAlgorithm } from '@composefs/fsverity'
import {
  countRepository,
  isRepositoryError,
  type Repository,
  unknownWriteFeatures,
} from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { documentLines } from '../output/json.ts'
import type { Result } from '../output/result.ts'
import { chooseRepository } from '../repository/choose.ts'
import { describeFileSystem } from '../repository/file-system.ts'
import { openChosen } from '../repository/open.ts'
import type { info } from './info.ts'

const TAGS = 'oci'

export async function run(_args: Args<typeof info>, context: Context): Promise<Result> {
  const { selectedBy } = chooseRepository(context)
  await using repository = await openChosen(context, { lock: 'none' })
  const { path, metadata, secure, erofsVersions } = repository
  const { objects, streams, images, imageRefs } = countRepository(path)
  const document = {
    schema: 'cfsctl.info/1',
    path,
    selected_by: selectedBy,
    version: metadata.version,
    algorithm: formatAlgorithm(metadata.algorithm),
    erofs_default: erofsVersions.default,
    erofs_extra: erofsVersions.extra,
    features: {
      compatible: metadata.features.compatible,
      read_only_compatible: metadata.features.readOnlyCompatible,
      incompatible: metadata.features.incompatible,
    },
    secure,
    writable: isWritable(repository),
    filesystem: describeFileSystem(repository),
    counts: {
      objects,
      streams,
      images,
      image_refs: imageRefs,
      oci_tags: Array.from(repository.streams.refs(TAGS)).length,
    },
  }
  return { lines: documentLines(document), json: document }
}

/** Whether a command could write here; an old repository is upgraded by the first one that does. */
function isWritable(repository: Repository): boolean {
  if (repository.isLegacy) return unknownWriteFeatures(repository.metadata).length === 0
  try {
    repository.assertWritable()
    return true
  } catch (error) {
    if (isRepositoryError(error)) return false
    throw error
  }
}
