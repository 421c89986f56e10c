import { openImage } from '@composefs/erofs'

/** What our own reader has against an image; undefined when it reads it. */
export function verdictOn(read: () => Uint8Array): unknown {
  try {
    openImage(read()).toTree()
    return undefined
  } catch (error) {
    return error
  }
}
