import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { openManifest } from '../src/store/manifest-stream.ts'
import { layerStreamId } from '../src/store/stream-names.ts'
import { readTag } from '../src/store/tags.ts'

/** Ways in which a file goes bad. */
export const DAMAGES = {
  deleted: path => rmSync(path),
  changed: path => {
    const bytes = readFileSync(path)
    bytes[0] = (bytes[0] ?? 0) ^ 1
    writeFileSync(path, bytes)
  },
  cut: path => truncateSync(path, 1),
  emptied: path => truncateSync(path, 0),
  'a directory': path => {
    rmSync(path)
    mkdirSync(path)
  },
  'a symlink': path => {
    rmSync(path)
    symlinkSync('/etc/hostname', path)
  },
} as const satisfies Readonly<Record<string, (path: string) => void>>

export type Damage = keyof typeof DAMAGES

/** Damages the files of objects. */
export function damage(
  repository: Repository,
  objects: Iterable<Digest>,
  how: Damage = 'deleted',
): void {
  for (const digest of objects) DAMAGES[how](repository.layout.object(digest))
}

/** The objects of a layer's files. */
export async function layerObjects(repository: Repository, diffId: string): Promise<Digest[]> {
  const { objectReferences } = await repository.streams.open(layerStreamId(diffId))
  return [...objectReferences]
}

/** The objects of an image's documents, by what they are. */
export async function documentObjects(
  repository: Repository,
  tag: string,
): Promise<Readonly<Record<'manifest stream' | 'manifest' | 'config stream' | 'config', Digest>>> {
  const { stream, config } = await openManifest(repository, readTag(repository, tag) ?? '')
  const json = async (of: Digest) => {
    const [object] = (await repository.streams.open(of)).objectReferences
    if (object === undefined) throw new Error('a document inside its stream')
    return object
  }
  return {
    'manifest stream': stream,
    manifest: await json(stream),
    'config stream': config.stream,
    config: await json(config.stream),
  }
}

/** Every name of a repository and its link or size; what was put aside is left out. */
export function entriesOf(repository: Repository): string[] {
  const { path } = repository
  return ['objects', 'streams', 'images']
    .filter(directory => existsSync(join(path, directory)))
    .flatMap(directory =>
      readdirSync(join(path, directory), { recursive: true, encoding: 'utf8' }).map(name =>
        join(directory, name),
      ),
    )
    .flatMap(name => {
      const status = lstatSync(join(path, name))
      if (status.isDirectory()) return []
      const what = status.isSymbolicLink() ? readlinkSync(join(path, name)) : status.size
      return [`${name} ${what}`]
    })
    .sort()
}
