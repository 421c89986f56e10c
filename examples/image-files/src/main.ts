import { imageFiles } from './image-files.ts'
import type { Extent } from './image-layers.ts'

const [image, ...flags] = process.argv.slice(2)
if (image === undefined) {
  console.error('usage: main.ts IMAGE [--files]')
  process.exit(2)
}

const { layers } = await imageFiles(image)
for (const { id, createdBy, files, whiteouts, opaqueWhiteouts, packedSize, ...sums } of layers) {
  console.log(`${id}${createdBy === undefined ? '' : ` ${JSON.stringify(createdBy)}`}`)
  const { adds, hides, wastes } = sums
  console.log(`  ${packedSize} bytes packed; adds ${show(adds)}, hides ${show(hides)}`)
  console.log(`  wastes ${show(wastes.unseen)} unseen, ${show(wastes.repeated)} repeated`)
  if (!flags.includes('--files')) continue
  for (const { path, size } of files) console.log(`  + ${JSON.stringify(path)} ${size}`)
  for (const path of whiteouts) console.log(`  - ${JSON.stringify(path)}`)
  for (const path of opaqueWhiteouts) console.log(`  - ${JSON.stringify(path)}/*`)
}

function show({ files, bytes }: Extent): string {
  return `${files} file${files === 1 ? '' : 's'} of ${bytes} bytes`
}
