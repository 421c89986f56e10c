import { join } from 'node:path'
import type { Digest } from '@composefs/fsverity'

/** The entry of `images/` and `streams/` that holds refs. No stream or image has this name. */
export const REFS = 'refs'
/** Beginning of the temporary names of symlinks, in the repository directory. */
export const TEMPORARY_LINK = '.symlink-'
/** Beginning of the temporary names of files, where the file system has no unnamed ones. */
export const TEMPORARY_OBJECT = '.tmp-object-'

/** Age from which on a temporary name is nobody's any more, in ms: a day. */
export const STRAY_AGE: number = 24 * 60 * 60 * 1000
/** The names of the directories of objects: the first byte of a digest. */
export const OBJECT_DIRECTORY: RegExp = /^[0-9a-f]{2}$/

/** Most directories of objects. */
export const OBJECT_DIRECTORY_COUNT = 256

/** Where everything of one repository lies. No other file joins these paths. */
export interface Layout {
  /** The repository directory. */
  readonly root: string
  readonly metadata: string
  readonly objects: string
  readonly streams: string
  readonly streamRefs: string
  readonly images: string
  readonly imageRefs: string
  /** The object's file. */
  object(id: Digest): string
  /** The directory of the object's file. */
  objectDirectory(id: Digest): string
  /** Path of the link of a stream. */
  stream(id: string): string
  /** Path of the link of an image. */
  image(hex: string): string
}

/** The layout of the repository at `root`, an absolute path. */
export function createLayout(root: string): Layout {
  const objects = join(root, 'objects')
  const streams = join(root, 'streams')
  const images = join(root, 'images')
  return {
    root,
    metadata: join(root, 'meta.json'),
    objects,
    streams,
    streamRefs: join(streams, REFS),
    images,
    imageRefs: join(images, REFS),
    object: id => `${objects}/${id.objectPath}`,
    objectDirectory: id => `${objects}/${id.hex.slice(0, 2)}`,
    stream: id => `${streams}/${id}`,
    image: hex => `${images}/${hex}`,
  }
}

/** Text of the link in `streams/` or `images/` to an object. */
export function objectLinkText(id: Digest): string {
  return `../objects/${id.objectPath}`
}

/** Text of the link `refs/NAME` to the entry `target` beside `refs`. */
export function refLinkText(name: string, target: string): string {
  return '../'.repeat(name.split('/').length) + target
}
