import { type ErofsImage, IMAGE_SIZE_MAX, isErofsError, openImage } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { isRepositoryError } from '../errors.ts'
import { assertSize } from '../object-handle.ts'
import type { Repository } from '../repository.ts'
import { checkRefs, type LinkDirectory, type NamedLink, namedLinks } from './check-links.ts'
import type { CheckLog } from './check-log.ts'
import type { FindingKind } from './finding.ts'
import type { PresentObjects } from './present-objects.ts'
import { isFileError, reasonOf } from './reason.ts'
import { Turns } from './turns.ts'

/** How to check images. */
export interface CheckImagesOptions {
  readonly present: PresentObjects
  readonly signal: AbortSignal | undefined
}

/**
 * Checks that the images and their refs lead somewhere, that the structure of the images is good, and that every
 * object they refer to is there.
 */
export async function checkImages(
  repository: Repository,
  log: CheckLog,
  { present, signal }: CheckImagesOptions,
): Promise<void> {
  const directory: LinkDirectory = {
    name: 'images',
    directory: repository.layout.images,
    checked: 'imagesChecked',
    corrupted: 'imagesCorrupted',
    openFailed: 'image-open-failed',
  }
  const turns = new Turns(signal)
  for (const link of namedLinks(repository, log, directory)) {
    // One image takes up to some seconds.
    await turns.give()
    for (const digest of imageObjects(repository, log, link)) {
      if (present.has(digest)) continue
      const { path } = link
      log.add({ kind: 'image-missing-object', path, detail: digest.hex, digest }, 'missingObjects')
    }
  }
  await checkRefs(log, directory, signal)
}

/** The objects of an image; none, and a finding, when it is not good. */
function imageObjects(
  { objects, algorithm }: Repository,
  log: CheckLog,
  { name, path, digest }: NamedLink,
): readonly Digest[] {
  const fail = (kind: FindingKind, detail: string) => {
    log.add({ kind, path, detail, ...log.blame(digest) }, 'imagesCorrupted')
    return []
  }
  // Who asks for an image by its id gets what the link leads to.
  if (name.toLowerCase() !== digest.hex) {
    const detail = `the link is to ${digest.hex}`
    log.add({ kind: 'image-open-failed', path, detail }, 'imagesCorrupted')
    return []
  }
  let image: ErofsImage
  try {
    using object = objects.openUnchecked(digest)
    assertSize(digest, object.size, IMAGE_SIZE_MAX)
    image = openImage(object.read(0, object.size), { algorithm })
    return image.objects()
  } catch (error) {
    if (isErofsError(error)) return fail('image-invalid', reasonOf(error))
    if (!isRepositoryError(error) && !isFileError(error)) throw error
    return fail('image-open-failed', reasonOf(error))
  }
}
