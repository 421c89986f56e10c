import { freeSpace, noSpaceCode } from '../disk/free-space.ts'
import { mediaTypeFacts } from '../document/media-type.ts'
import { OciError } from '../errors.ts'
import type { MissingLayer } from './missing-layers.ts'

/**
 * What a packed layer usually unpacks to. Only a guess: files that several layers or images have in common are stored
 * once, and text packs better than programs.
 */
const UNPACKED_RATIO = 2.5

/** What a pull takes, in bytes. */
export interface SpaceEstimate {
  /** What comes in. Contents are stored unpacked, so this much is needed unless most of it is there already. */
  readonly least: number
  /** What is likely to be written. */
  readonly likely: number
}

export function estimateSpace(missing: readonly MissingLayer[]): SpaceEstimate {
  let [least, likely] = [0, 0]
  for (const { layer, needsLayer, needsBlob } of missing) {
    const { size, mediaType } = layer.descriptor
    const isPacked = (mediaTypeFacts(mediaType)?.packing ?? 'plain') !== 'plain'
    const copies = (needsLayer ? 1 : 0) + (needsBlob ? 1 : 0)
    least += size * copies
    likely += size * copies + (needsLayer && isPacked ? size * (UNPACKED_RATIO - 1) : 0)
  }
  return { least, likely: Math.ceil(likely) }
}

/**
 * Looks whether there is room for what is to be fetched, before anything is.
 *
 * @param onShort gets a sentence where it fits, but hardly
 * @throws OciError ERR_OCI_NO_SPACE when not even the packed layers fit
 */
export function assertRoom(
  path: string,
  estimate: SpaceEstimate,
  onShort: (message: string) => void,
): void {
  if (estimate.least === 0) return
  const free = freeSpace(path)
  if (free === undefined) return
  const { least, likely } = estimate
  if (least > free) {
    const message = `${path} has ${bytes(free)} free, and there are ${bytes(least)} to fetch, which take more when they are unpacked`
    throw new OciError('ERR_OCI_NO_SPACE', message, { path, needed: least, free })
  }
  if (likely > free) {
    onShort(
      `${path} has ${bytes(free)} free; the ${bytes(least)} to fetch take about ${bytes(likely)} when they are unpacked`,
    )
  }
}

/** The error of a write that found no room, with what is known; any other error as it is. */
export function explainNoSpace(
  error: unknown,
  known: { readonly path: string; readonly stored: number; readonly total: number },
): unknown {
  const code = noSpaceCode(error)
  if (code === undefined) return error
  const { path, stored, total } = known
  const free = freeSpace(path)
  const room = code === 'EDQUOT' ? 'the quota is used up' : `${bytes(free ?? 0)} free`
  return new OciError(
    'ERR_OCI_NO_SPACE',
    `no room in ${path} (${room}); ${stored} of ${total} layers are stored and stay`,
    { path, ...(free === undefined ? {} : { free }) },
    { cause: error },
  )
}

/** Bytes for people. */
function bytes(count: number): string {
  const mebibytes = count / 2 ** 20
  if (mebibytes < 10) return `${Math.ceil(count / 1024)} KiB`
  return mebibytes < 10_240
    ? `${Math.round(mebibytes)} MiB`
    : `${(mebibytes / 1024).toFixed(1)} GiB`
}
