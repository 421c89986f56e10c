import { readSync } from 'node:fs'
import { IMAGE_HEAD_SIZE, type ImageHead, readImageHead } from '@composefs/erofs'

/** What the beginning of an open image says; undefined when it is no composefs image. */
export function readHead(image: number): ImageHead | undefined {
  const head = new Uint8Array(IMAGE_HEAD_SIZE)
  const length = readSync(image, head, 0, head.length, 0)
  return readImageHead(head.subarray(0, length))
}
