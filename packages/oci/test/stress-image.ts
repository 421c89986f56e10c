import { join } from 'node:path'
import {
  buildTar,
  type LayerCompression,
  type LayerFile,
  seededRandom,
  writeLayout,
} from '@composefs/test-fixtures'

const COMPRESSIONS: readonly LayerCompression[] = ['gzip', 'plain', 'zstd', 'gzip-members']

/**
 * An image that is hard on slots: many tiny files, some that fit a slot and some that do not, contents that come twice,
 * in four layers packed in every way. Each seed is another one. Returns its reference.
 */
export async function writeStressImage(directory: string, seed: number): Promise<string> {
  const random = seededRandom(seed)
  const layers = []
  for (const [number, compression] of COMPRESSIONS.entries()) {
    const tar = await buildTar(stressFiles(random, `${seed}-${number}`))
    layers.push({ tar, compression })
  }
  const path = join(directory, `image-${seed}`)
  writeLayout(path, { layers, tag: 'stress' })
  return `oci:${path}:stress`
}

function stressFiles(random: ReturnType<typeof seededRandom>, name: string): LayerFile[] {
  const files: LayerFile[] = [{ name, type: 'directory' }]
  const add = (size: number) => {
    files.push({ name: `${name}/${files.length}`, content: contentOf(random, size) })
  }
  for (let left = 250; left > 0; left--) add(random.pick([0, 1, 63, 64, 65, 500, 4096, 9000]))
  for (let left = 3; left > 0; left--) {
    add(random.pick([200_000, 262_144, 262_145, 600_000, 1_500_000]))
    for (let small = 20; small > 0; small--) add(random.below(2000))
  }
  // The same content again, while the first may still be on its way.
  const twice = files.at(-5) as LayerFile
  files.push({ ...twice, name: `${name}/twice` })
  return files
}

/** Bytes that compress a little. */
function contentOf(random: ReturnType<typeof seededRandom>, size: number): Uint8Array {
  const content = new Uint8Array(size)
  let state = random.below(0x7fffffff) | 1
  for (let at = 0; at < size; at++) {
    if ((at & 7) === 0) state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    content[at] = state >>> (at & 15)
  }
  return content
}
