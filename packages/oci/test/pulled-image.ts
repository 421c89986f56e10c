import { imageDigest } from '@composefs/erofs'
import type { Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { buildTree } from '../src/build-tree.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { openImageConfig } from '../src/store/open-image.ts'
import { LayoutBuilder } from './layout-builder.ts'

/** Two layers, one file in each. */
export async function twoLayers(): Promise<readonly [low: Uint8Array, high: Uint8Array]> {
  const usr = { name: 'usr', type: 'directory' } as const
  return [
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(100) }]),
    await buildTar([{ name: 'usr/b', content: 'b' }]),
  ]
}

/** Pulls an image under the tag `app`. Its lowest layer comes twice. */
export async function pullImage(repository: Repository): Promise<void> {
  const layout = new LayoutBuilder()
  const [low, high] = await twoLayers()
  layout.finish({ t: layout.image([low, high, low]) })
  const platform = parsePlatform('linux/amd64')
  await pull(repository, `oci:${layout.directory}:t`, { tag: 'app', platform })
}

/** Hex id of an image as its layers make it. */
export async function idOf(
  repository: Repository,
  reference: string,
  version: 1 | 2,
): Promise<string> {
  const tree = await buildTree(repository, await openImageConfig(repository, reference))
  return imageDigest(tree, { version, algorithm: repository.algorithm }).hex
}
