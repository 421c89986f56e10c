import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blobDirectory, layerMediaType, writeImage } from './layout.ts'
import { tarEnd, tarHeader } from './tar-entry.ts'

const MIB = 1 << 20

/**
 * Writes a layout whose one layer is a plain tar with one file of zeros. The blob is a hole: it takes no room, however
 * large it is, but whoever pulls it has to read and hash, and write, all of it.
 */
export function writeSparseLayout(directory: string, mebibytes: number): void {
  mkdirSync(blobDirectory(directory), { recursive: true })
  const header = Buffer.concat([
    tarHeader({ name: 'usr/', type: 'directory' }),
    tarHeader({ name: 'usr/zeros', type: 'file', size: mebibytes * MIB }),
  ])
  const size = header.length + mebibytes * MIB + tarEnd().length
  const hash = createHash('sha256').update(header)
  const zeros = Buffer.alloc(MIB)
  for (let at = 0; at < mebibytes; at++) hash.update(zeros)
  const hex = hash.update(tarEnd()).digest('hex')
  const partial = join(directory, 'partial')
  writeFileSync(partial, header)
  truncateSync(partial, size)
  renameSync(partial, join(blobDirectory(directory), hex))
  const digest = `sha256:${hex}`
  writeImage(directory, [{ mediaType: layerMediaType('tar'), digest, size, diffId: digest }])
}
