import { imageDigest, writeImage } from '@composefs/erofs'
import { SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { generateDump } from '@composefs/test-fixtures'
import { parseDump } from '@composefs/tree'
import type { Suite } from './suite.ts'

const ENTRIES = 100_000

/** From a dump file to an image, step by step. */
export function images(): Suite {
  const dump = Buffer.from([...generateDump(ENTRIES), ''].join('\n'))
  const tree = parseDump(dump, SHA256)
  const version = 1
  return {
    title: `dump file and EROFS image of ${ENTRIES} entries`,
    unit: { name: 'tree', count: 1 },
    rounds: 5,
    cases: [
      { name: 'read the dump file', run: () => parseDump(dump, SHA256) },
      { name: 'write the image', run: () => writeImage(tree, { version, write: () => {} }) },
      {
        name: 'digest of the image',
        run: () => imageDigest(tree, { version, algorithm: SHA256, hashing: nodeHashing }),
      },
    ],
  }
}
