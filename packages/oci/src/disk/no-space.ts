import { OciError } from '../errors.ts'
import { freeSpace, noSpaceCode } from './free-space.ts'

/**
 * Looks whether there is room for `needed` bytes, before anything is written.
 *
 * @param what for the message: what the room is for
 * @throws OciError ERR_OCI_NO_SPACE
 */
export function assertRoomFor(directory: string, needed: number, what: string): void {
  const free = freeSpace(directory)
  if (free === undefined || free >= needed) return
  throw new OciError(
    'ERR_OCI_NO_SPACE',
    `no room in ${directory} for ${what}: ${needed} bytes are needed, ${free} are free`,
    { path: directory, needed, free },
  )
}

/** The error of a write that found no room, with what is known; any other error as it is. */
export function asNoSpace(error: unknown, directory: string, what: string): unknown {
  const code = noSpaceCode(error)
  if (code === undefined) return error
  const free = freeSpace(directory)
  const why = code === 'EDQUOT' ? ' (the quota is used up)' : ''
  return new OciError(
    'ERR_OCI_NO_SPACE',
    `no room in ${directory} for ${what}${why}`,
    { path: directory, ...(free === undefined ? {} : { free }) },
    { cause: error },
  )
}
