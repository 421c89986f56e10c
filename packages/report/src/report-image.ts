import type { Repository } from '@composefs/repository'
import { ReportCollector } from './collect-report.ts'
import { openReportable, readErofsImage, readOciImage } from './read-image.ts'
import type { Report } from './report.ts'

/** Which image: what an OCI reference stands for, or the name or id of an EROFS image. */
export type ImageChoice = { readonly oci: string } | { readonly erofs: string }

/** How to report. */
export interface ReportOptions {
  /** Rows of each list; 100 unless given. */
  readonly rows?: number
  /** Called with what is being looked at now. */
  onStep?(step: string): void
  readonly signal?: AbortSignal | undefined
}

/**
 * Reports what is in one image. The layers of an OCI image are read as they are stored and merged once more; objects
 * are not read.
 *
 * @throws OciError what openImage of oci, openEntries and LayerMerger throw
 * @throws RepositoryError, ErofsError for an EROFS image that is not there or not readable
 *
 * @example
 * const report = await reportImage(repository, { oci: 'app:1.0' })
 * console.log(report.images[0]?.bytes, report.hidden.bytes)
 */
export async function reportImage(
  repository: Repository,
  choice: ImageChoice,
  options: ReportOptions = {},
): Promise<Report> {
  const { algorithm } = repository
  const collector = new ReportCollector(algorithm, {
    counts: 'file',
    ...(options.rows === undefined ? {} : { rows: options.rows }),
  })
  const name = 'oci' in choice ? choice.oci : choice.erofs
  if ('oci' in choice) {
    const image = await openReportable(repository, choice.oci)
    await readOciImage(repository, image, { collector, ...options })
  } else {
    readErofsImage(repository, { names: [name], id: name }, { collector, ...options })
  }
  return collector.finish({
    kind: 'image',
    name,
    repository: repository.path,
    algorithm: algorithm.name,
  })
}
