import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { createUnnamed, linkUnnamed } from '@composefs/linux'
import { CompressibleBytes } from '../inputs/compressible-bytes.ts'
import { sizeAt } from '../inputs/size-distribution.ts'
import type { Suite } from './suite.ts'

const FILES = 1000
const DIRECTORIES = 256

/** How a file gets below its name: of sizes as in a root file system. Nothing is removed between the rounds. */
export function objectWrites(parent: string): Suite {
  const root = mkdtempSync(join(parent, 'composefs-bench-micro-'))
  const bytes = new CompressibleBytes(61)
  const contents = Array.from({ length: FILES }, (_, index) => bytes.next(sizeAt(index / FILES)))
  let round = 0
  const write = (one: (path: string, directory: string, content: Uint8Array) => void) => () => {
    const directory = join(root, String(round++))
    for (let prefix = 0; prefix < DIRECTORIES; prefix++) {
      mkdirSync(join(directory, String(prefix)), { recursive: true })
    }
    for (const [index, content] of contents.entries()) {
      one(join(directory, String(index % DIRECTORIES), String(index)), directory, content)
    }
  }
  return {
    title: `write objects below ${parent}`,
    unit: { name: 'file', count: FILES },
    rounds: 5,
    close: () => rmSync(root, { recursive: true }),
    cases: [
      {
        name: 'without a name, then linked',
        run: write((path, directory, content) => {
          const file = createUnnamed(directory, 0o644)
          if (file === undefined) throw new Error(`${parent} has no unnamed files`)
          writeSync(file, content)
          linkUnnamed(file, path)
          closeSync(file)
        }),
      },
      {
        name: 'in place (no crash is survived)',
        run: write((path, _, content) => {
          const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY)
          writeSync(file, content)
          closeSync(file)
        }),
      },
      {
        name: 'another name, then renamed',
        run: write((path, _, content) => {
          writeFileSync(`${path}.new`, content)
          renameSync(`${path}.new`, path)
        }),
      },
    ],
  }
}
