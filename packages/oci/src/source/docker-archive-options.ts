import type { ArchiveFileOptions } from './archive-file.ts'
import type { SelectOptions } from './layout-source.ts'

/** How to open an archive of docker save and its like. */
export interface DockerArchiveOptions extends ArchiveFileOptions {
  /** `NAME[:TAG]`, or `@N` for the N-th from 0; without it the only image there is. */
  readonly tag?: string | undefined
  /** An image for another platform is refused. Default: any will do. */
  readonly platform?: SelectOptions['platform']
}
