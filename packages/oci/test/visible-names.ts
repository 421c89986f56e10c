import { createHash } from 'node:crypto'
import type { Repository } from '@composefs/repository'
import { collect } from './layout-builder.ts'

/** Every name of a repository: streams, images and refs. */
export function visibleNames(repository: Repository): string[] {
  return [
    ...Array.from(repository.streams.list(), ({ id }) => `streams/${id}`),
    ...Array.from(repository.streams.refs(), ({ name }) => `streams/refs/${name}`),
    ...Array.from(repository.images.list(), ({ hex }) => `images/${hex}`),
  ].sort()
}

/** SHA-256 of what a stream stands for, as `sha256:HEX`. */
export async function contentDigest(repository: Repository, stream: string): Promise<string> {
  const content = await collect(repository.streams.cat(stream))
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
