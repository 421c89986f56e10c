import {
  type CheckOptions,
  checkRepository,
  isRepositoryError,
  type Repository,
} from '@composefs/repository'
import { OciError } from '../errors.ts'
import { encodeTag, listTags, readTag, type Tag } from '../store/tags.ts'
import { checkImage } from './check-image.ts'
import type { CheckImageContext } from './check-image-context.ts'
import { OciCheckLog } from './check-log.ts'
import { checkNamedStreams } from './check-named-streams.ts'
import type { OciCheckReport, OciImagesReport } from './finding.ts'
import { StreamCache } from './stream-cache.ts'
import { reasonOfUnreadable } from './unreadable.ts'

/** How to check stored images. */
interface CheckStoredImagesOptions {
  /** Check this image alone. Default: all tagged ones, and the streams of those that have no tag. */
  readonly tag?: string | undefined
  /** Read all layers, and compare their content with their digests. */
  readonly content?: boolean | undefined
  /** Gets how many images have been checked, and how many there are. */
  readonly onImage?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How to check a repository and its images. */
export interface CheckOciOptions extends CheckOptions, Omit<CheckStoredImagesOptions, 'signal'> {}

/**
 * Checks a repository as `checkRepository` does, then the images in it. Nothing is written.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE for a tag that is not there, ERR_OCI_BAD_TAG; what `checkRepository` throws
 *
 * @example
 * const { ok, findings, repository: report } = await checkOci(repository, { content: true })
 */
export async function checkOci(
  repository: Repository,
  options: CheckOciOptions = {},
): Promise<OciCheckReport> {
  requireTag(repository, options.tag)
  const report = await checkRepository(repository, options)
  const images = await unlessNoDirectory(checkStoredImages(repository, options))
  const ok = report.ok && images.findings.length === 0
  return { ...images, ok, repository: report }
}

/** A report of a single finding where the names cannot be read, as something else stands in the place of a directory. */
async function unlessNoDirectory(checking: Promise<OciImagesReport>): Promise<OciImagesReport> {
  try {
    return await checking
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_BAD_DIRECTORY')) throw error
    const log = new OciCheckLog()
    log.add({ kind: 'ref-resolve-failed', name: 'streams', detail: error.message })
    return log.report()
  }
}

/**
 * Checks the images of a repository: documents, references, and the streams of layers; not the objects, which
 * `checkRepository` does.
 */
async function checkStoredImages(
  repository: Repository,
  options: CheckStoredImagesOptions = {},
): Promise<OciImagesReport> {
  const { tag, content = false, onImage, signal } = options
  const log = new OciCheckLog()
  const streams = new StreamCache(repository, { signal })
  const seen = new Set<string>()
  const tags = tag === undefined ? await allTags(repository, log) : namedTag(repository, tag)
  for (const [done, { name, manifest }] of tags.entries()) {
    onImage?.(done, tags.length)
    signal?.throwIfAborted()
    const add: CheckImageContext['add'] = finding => log.add({ ...finding, name })
    const context = { repository, streams, seen, content, signal, add }
    await log.image(() => checkImage(context, manifest))
  }
  onImage?.(tags.length, tags.length)
  if (tag === undefined) {
    await checkNamedStreams({ repository, streams, log, seen, content, signal })
  }
  return log.report()
}

/** The tags, and findings for what is none. */
async function allTags(repository: Repository, log: OciCheckLog): Promise<Tag[]> {
  const broken: { readonly name: string; readonly error: unknown }[] = []
  const tags = listTags(repository, (name, error) => broken.push({ name, error }))
  for (const { name, error } of broken) {
    await log.image(() => {
      log.add({ kind: 'ref-resolve-failed', name, detail: reasonOfUnreadable(error) })
    })
  }
  const good: Tag[] = []
  for (const tag of tags) {
    if (!tag.name.startsWith('@')) good.push(tag)
    else await log.image(() => log.add({ kind: 'invalid-ref-name', name: tag.name, detail: '' }))
  }
  return good
}

function namedTag(repository: Repository, name: string): Tag[] {
  return [{ name, manifest: requireTag(repository, name) ?? '' }]
}

/** @throws OciError ERR_OCI_NO_SUCH_IMAGE, ERR_OCI_BAD_TAG */
function requireTag(repository: Repository, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  encodeTag(name)
  const manifest = readTag(repository, name)
  if (manifest !== undefined) return manifest
  throw new OciError('ERR_OCI_NO_SUCH_IMAGE', `OCI reference not found: ${name}`, { tag: name })
}
