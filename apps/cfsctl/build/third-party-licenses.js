// Writes LICENSE-THIRD-PARTY: the licences of what the build puts into the files of the program.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Each with who depends on it. */
const BUNDLED = [
  ['undici', '@composefs/registry'],
  ['smol-toml', '@composefs/registry'],
  ['@noble/hashes', '@composefs/fsverity'],
  ['d3-hierarchy', '@composefs/report'],
]

const texts = BUNDLED.map(([name, user]) => {
  const from = join(import.meta.dirname, '../node_modules', user, 'package.json')
  const directory = packageDirectory(createRequire(from), name)
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const licence = readFileSync(join(directory, 'LICENSE'), 'utf8').trim()
  return `${name} ${version}\n\n${licence}\n`
})
const head = 'The files in dist contain parts of these packages.\n'
writeFileSync(
  join(import.meta.dirname, '../LICENSE-THIRD-PARTY'),
  [head, ...texts].join('\n---\n\n'),
)

function packageDirectory(require, name) {
  const paths = require.resolve.paths(name) ?? []
  for (const path of paths) {
    const directory = join(path, name)
    try {
      readFileSync(join(directory, 'package.json'))
      return dirname(join(directory, 'package.json'))
    } catch {
      // Not here: the next directory above.
    }
  }
  throw new Error(`${name} is not installed`)
}
