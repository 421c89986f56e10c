import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { type Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import { onTestFinished } from 'vitest'
import { initRepository, openRepository, type Repository, type System } from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'
import { SimulatedSystem } from '../simulated-system.ts'

/** A new repository that is closed with the test. */
export async function newRepository(
  system: System = new SimulatedSystem(),
): Promise<Repository & { put(text: string): Digest }> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, algorithm: SHA256, insecure: true })
  const repository = await openRepository(path, { system, mode: 'write' })
  onTestFinished(() => repository.close())
  return Object.assign(repository, {
    put: (text: string) => repository.objects.put(encodeUtf8(text)).digest,
  })
}

/** What a stream refers to. */
export interface StreamParts {
  readonly objects?: readonly Digest[]
  readonly named?: Readonly<Record<string, Digest>>
}

/** Stores a stream and names it. Streams of the same parts are one object. */
export async function addStream(
  { streams }: Repository,
  id: string,
  { objects = [], named = {} }: StreamParts,
): Promise<Digest> {
  const writer = streams.createWriter('oci_blob')
  for (const [name, digest] of Object.entries(named)) writer.addNamedReference(name, digest)
  for (const object of objects) writer.writeExternal(object, 0)
  const digest = await streams.store(writer)
  streams.link(id, digest)
  return digest
}

/** Stores an image of files, and links it. */
export function addImage({ images }: Repository, objects: readonly Digest[]): Digest {
  const tree = new FileTree(SHA256)
  for (const [index, digest] of objects.entries()) {
    const content = { kind: 'external', digest, size: 1 } as const
    tree.addLeaf(ROOT, encodeUtf8(`file-${index}`), tree.metadata(ROOT), content)
  }
  const { digest } = images.put(tree, 1)
  images.link(digest)
  return digest
}
