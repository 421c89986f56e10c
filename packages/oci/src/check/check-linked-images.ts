import type { Digest } from '@composefs/fsverity'
import { isRepositoryError } from '@composefs/repository'
import type { Config } from '../document/config.ts'
import { readSealLabel } from '../document/config.ts'
import { isImageOf, parseLabel } from '../seal/mountable-image.ts'
import { imageReferencesOf, isImageReference } from '../store/image-references.ts'
import { readImageConfig } from '../store/open-image.ts'
import type { CheckImageContext } from './check-image-context.ts'
import { reasonOfUnreadable } from './unreadable.ts'

/** Checks that the EROFS images a config refers to can be mounted: that they have their name in `images/`. */
export function checkLinkedImages(
  { repository, add }: CheckImageContext,
  named: ReadonlyMap<string, Digest>,
): void {
  for (const [key, digest] of imageReferencesOf(named)) {
    if (isLinked(() => repository.images.has(digest))) continue
    add({ kind: 'image-link-missing', detail: `${key}: ${digest.hex}`, object: digest })
  }
}

/** Checks that the image of the seal label opens, and that it is an image of these layers. */
export async function checkSealLabel(
  { repository, add }: CheckImageContext,
  config: {
    readonly config: Config
    readonly digest: string
    readonly stream: Digest
    readonly json: Uint8Array
    readonly namedReferences: ReadonlyMap<string, Digest>
    /** All layers are there, so the image can be made of them. */
    readonly isComplete: boolean
  },
): Promise<void> {
  const label = readSealLabel(config.config.labels)
  if (label === undefined) return
  const named = parseLabel(label)
  // The id is of a format that this repository cannot hold, and says nothing about what is here.
  if (named !== undefined && named.algorithm !== repository.algorithm) return
  try {
    repository.images.open(label).close()
  } catch (error) {
    const detail = `${label}: ${reasonOfUnreadable(error)}`
    add({ kind: 'seal-image-missing', detail, ...(named === undefined ? {} : { object: named }) })
    return
  }
  if (named === undefined || !config.isComplete) return
  const { digest, stream, json, namedReferences } = config
  const layers = new Map([...namedReferences].filter(([name]) => !isImageReference(name)))
  const images = imageReferencesOf(namedReferences)
  const stored = { digest, stream, json, layers, images, trust: 'verity' as const }
  try {
    if (await isImageOf(repository, readImageConfig(stored), named)) return
    add({ kind: 'seal-image-mismatch', detail: `${label}: no image of these layers` })
  } catch (error) {
    add({ kind: 'seal-image-mismatch', detail: `${label}: ${reasonOfUnreadable(error)}` })
  }
}

function isLinked(test: () => boolean): boolean {
  try {
    return test()
  } catch (error) {
    if (isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) return false
    throw error
  }
}
