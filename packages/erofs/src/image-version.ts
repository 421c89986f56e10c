import { type ErofsVersion, HEADER_MAGIC, HEADER_VERSION, Header } from './format.ts'

/**
 * The version of an image by its first 32 bytes; undefined when they begin no composefs image. Nothing else is
 * looked at, so it says nothing about the rest.
 */
export function readImageVersion(head: Uint8Array): ErofsVersion | undefined {
  if (head.length < Header.size) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const { magic, version, composefsVersion } = Header.read(view, 0)
  const isKnown = magic === HEADER_MAGIC && version === HEADER_VERSION && composefsVersion <= 2
  return isKnown ? (composefsVersion as ErofsVersion) : undefined
}
