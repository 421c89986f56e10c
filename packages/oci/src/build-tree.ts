import type { Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import { bootTransform } from './boot/boot-transform.ts'
import { repositoryFiles } from './boot/repository-files.ts'
import { inLayer, isOciError } from './errors.ts'
import { openEntries } from './store/open-entries.ts'
import type { StoredImageConfig, StoredLayer } from './store/open-image.ts'
import { verifyStoredContent } from './store/stored-content.ts'
import { LayerMerger, type LayerMergerOptions } from './tree/merge.ts'
import { transformTree } from './tree/transform.ts'
import { DEFAULT_XATTR_MODE, type XattrMode } from './xattr-mode.ts'

/** How to make the tree of an image. */
export interface BuildTreeOptions extends LayerMergerOptions {
  /** `allowlist-only` unless given. */
  readonly xattrs?: XattrMode
  /** Make the boot variant: /boot and /sysroot emptied, SELinux labels. */
  readonly bootable?: boolean
  /** Told where the tree is not made as usual, though rightly, such as without `/usr`. */
  onNotice?(message: string): void
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes the file tree of a stored image from its layers: merged, then transformed. Layers of a config that was found by
 * its own digest are hashed before they are used.
 *
 * @throws OciError what layerEntries, LayerMerger and verifyStoredContent throw, with the layer; what bootTransform throws
 *
 * @example
 * const tree = await buildTree(repository, await openImageConfig(repository, 'app:1.0'))
 */
export async function buildTree(
  repository: Repository,
  config: Pick<StoredImageConfig, 'orderedLayers' | 'trust'>,
  options: BuildTreeOptions = {},
): Promise<FileTree> {
  const tree = await mergeLayers(repository, config, options)
  const { onNotice } = options
  transformTree(tree, {
    xattrs: options.xattrs ?? DEFAULT_XATTR_MODE,
    ...(onNotice === undefined ? {} : { onNotice }),
  })
  if (options.bootable === true) bootTransform(tree, repositoryFiles(repository, tree))
  return tree
}

async function mergeLayers(
  repository: Repository,
  config: Pick<StoredImageConfig, 'orderedLayers' | 'trust'>,
  options: BuildTreeOptions,
): Promise<FileTree> {
  const merger = new LayerMerger(repository.algorithm, options)
  for (const [index, layer] of config.orderedLayers.entries()) {
    const place = { layer: index + 1, diffId: layer.diffId }
    if (config.trust === 'digest')
      await verifyLayer(repository, layer, { place, signal: options.signal })
    merger.beginLayer({ index, diffId: layer.diffId })
    for await (const entry of await openEntries(repository, layer.stream, place)) {
      options.signal?.throwIfAborted()
      merger.apply(entry)
    }
  }
  return merger.finish()
}

async function verifyLayer(
  repository: Repository,
  { diffId, stream }: StoredLayer,
  options: {
    readonly place: { readonly layer: number; readonly diffId: string }
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  try {
    await verifyStoredContent(repository, { id: diffId, stream }, options.signal)
  } catch (error) {
    throw isOciError(error) ? inLayer(error, options.place) : error
  }
}
