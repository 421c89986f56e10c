import { join } from 'node:path'
import {
  buildTar,
  type LayerCompression,
  type LayoutLayer,
  seededRandom,
  writeLayout,
} from '@composefs/test-fixtures'

/** The images of the tests: each shares layers with others, and has one of its own. */
const IMAGES = {
  app: ['base', 'lib', 'app'],
  other: ['base', 'other'],
  tool: ['base', 'lib', 'tool'],
  plain: ['lib', 'plain'],
} as const

/** Files of a layer: some inline, the others objects. */
const FILES: Readonly<Record<string, number>> = { base: 20, lib: 14 }
const FILES_OF_OTHERS = 10
const COMPRESSIONS: readonly LayerCompression[] = ['plain', 'gzip', 'zstd']

export type ImageName = keyof typeof IMAGES
export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[]

/** A layout of each image below `directory`, named like it, with the tag `t`. The same bytes every time. */
export async function writeImages(directory: string): Promise<void> {
  const layers = new Map<string, LayoutLayer>()
  for (const [image, names] of Object.entries(IMAGES)) {
    for (const name of names) {
      if (!layers.has(name)) layers.set(name, await makeLayer(name, layers.size))
    }
    const own = names.map(name => layers.get(name)).filter(layer => layer !== undefined)
    writeLayout(join(directory, image), { tag: 't', layers: own })
  }
}

async function makeLayer(name: string, number: number): Promise<LayoutLayer> {
  const random = seededRandom(number)
  const content = (size: number) => Uint8Array.from({ length: size }, () => random.below(256))
  const files = Array.from({ length: FILES[name] ?? FILES_OF_OTHERS }, (_, file) => ({
    name: `usr/${name}/${file}`,
    content: content(file % 3 === 0 ? 40 : 200 + file * 977),
  }))
  const directories = ['usr/', `usr/${name}/`].map(path => ({
    name: path,
    type: 'directory' as const,
  }))
  const compression = COMPRESSIONS[number % COMPRESSIONS.length] ?? 'plain'
  return { tar: await buildTar([...directories, ...files]), compression }
}
