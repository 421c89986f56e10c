import { createHash } from 'node:crypto'
import type { Repository } from '@composefs/repository'

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
  const hash = createHash('sha256')
  for await (const chunk of repository.streams.cat(stream)) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}
