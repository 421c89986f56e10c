import { join } from 'node:path'
import { SHA256 } from '../../packages/fsverity/src/index.ts'
import { linuxSystem } from '../../packages/linux/src/index.ts'
import { pull, seal } from '../../packages/oci/src/index.ts'
import { initRepository, openRepository } from '../../packages/repository/src/index.ts'
import {
  buildTar,
  type LayerFile,
  type LayoutLayer,
  seededRandom,
  writeLayout,
} from '../../test-fixtures/src/index.ts'
import type { KnownImage } from './messages.ts'

/** Files of a layer, and bytes of the largest: enough for many writes, little enough for an emulated processor. */
const FILES = 8
const SIZE_MAX = 60_000

/** Makes two images that share a layer, and finds out what they are once they are stored. */
export async function makeImages(work: string): Promise<readonly KnownImage[]> {
  const base: LayoutLayer = { tar: await layer('base', 1), compression: 'gzip' }
  const images: KnownImage[] = []
  const repositoryPath = join(work, 'model')
  const system = linuxSystem
  await initRepository(repositoryPath, { system, algorithm: SHA256, insecure: true })
  await using repository = await openRepository(repositoryPath, { system, mode: 'write' })
  for (const [index, tag] of ['app', 'tool'].entries()) {
    const layers: LayoutLayer[] = [
      base,
      { tar: await layer(tag, 2 + index), compression: 'zstd' },
      { tar: await layer(`${tag}-data`, 12 + index), compression: 'plain' },
    ]
    const { directory, manifestDigest } = writeLayout(join(work, `layout-${tag}`), { layers, tag })
    const layout = `oci:${directory}:${tag}`
    const pulled = await pull(repository, layout, { tag })
    const sealed = await seal(repository, tag, { tag: `${tag}-sealed` })
    if (pulled.composefsErofs === null) throw new Error(`${tag} has no image`)
    const imageId = pulled.composefsErofs.hex
    images.push({ tag, layout, manifestDigest, imageId, sealedDigest: sealed.manifest.digest })
  }
  return images
}

/** Files of all sizes that matter: kept in the image, in one block, in many. */
async function layer(name: string, seed: number): Promise<Uint8Array> {
  const random = seededRandom(seed)
  const files: LayerFile[] = [{ name: `${name}/`, type: 'directory' }]
  for (let i = 0; i < FILES; i++) {
    const size = random.pick([10, 100, 5000, random.below(SIZE_MAX)])
    const content = Buffer.from(Uint8Array.from({ length: size }, () => random.below(256)))
    files.push({ name: `${name}/file-${i}`, content })
  }
  return await buildTar(files)
}
