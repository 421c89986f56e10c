import type { Digest } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { ReportCollector } from './collect-report.ts'
import type { Report } from './report.ts'
import type { ReportOptions } from './report-image.ts'

/** A tree that is in no repository, as that of an image file. */
export interface BareTree {
  /** What it is called, as the path of its file. */
  readonly name: string
  readonly tree: FileTree
  /** The id of the EROFS image that it was read from; undefined when it was none. */
  readonly imageId: Digest | undefined
}

/**
 * Reports what is in a tree. It has no layers, so nothing is hidden, and content is repeated where several of its files
 * have it.
 *
 * @example
 * const tree = openImage(readFileSync('app.erofs')).toTree()
 * const report = reportTree({ name: 'app.erofs', tree, imageId: undefined })
 */
export function reportTree(
  { name, tree, imageId }: BareTree,
  { rows }: Pick<ReportOptions, 'rows'> = {},
): Report {
  const { algorithm } = tree
  const collector = new ReportCollector(algorithm, {
    counts: 'file',
    ...(rows === undefined ? {} : { rows }),
  })
  const identity = {
    names: [name],
    kind: imageId === undefined ? 'tree' : 'erofs',
    imageId: imageId?.hex,
    manifestDigest: undefined,
    configDigest: undefined,
    created: undefined,
    platform: undefined,
  } as const
  collector.addTree(identity, tree)
  return collector.finish({
    kind: 'image',
    name,
    repository: undefined,
    algorithm: algorithm.name,
  })
}
