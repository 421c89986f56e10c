import type { ErofsVersion } from '@composefs/erofs'
import { type Digest, formatAlgorithm } from '@composefs/fsverity'
import type { Json } from '../output/result.ts'
import type { Tally } from '../repository/tally-objects.ts'

/** What is known of an image that was made, computed or imported. */
export interface ImageFacts {
  readonly digest: Digest
  readonly version: ErofsVersion
  readonly bootable: boolean
  /** The filter; null where there was none, or where nobody knows. */
  readonly xattrs: string | null
  readonly name: string | null
  /** Bytes of the image. */
  readonly size: number | null
  /** The objects of files; undefined where none were looked at. */
  readonly tally?: Tally
}

/** The document of the commands that give an image. */
export function imageDocument(command: string, facts: ImageFacts): Json {
  const { digest, version, bootable, xattrs, name, size, tally } = facts
  return {
    schema: `cfsctl.${command}/1`,
    id: digest.hex,
    algorithm: formatAlgorithm(digest.algorithm),
    erofs_version: version,
    bootable,
    xattrs,
    name,
    size,
    objects_new: tally?.created ?? null,
    objects_present: tally?.present ?? null,
    bytes_stored: tally?.bytes ?? null,
  }
}
