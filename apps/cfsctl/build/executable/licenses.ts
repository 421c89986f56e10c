import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Writes one file of the licences of all that is inside the executable. */
export function writeLicenses(file: string): void {
  const own = join(import.meta.dirname, '../..')
  const root = join(own, '../..')
  const koffi = dirname(createRequire(import.meta.url).resolve('koffi'))
  const texts = [
    ['composefs for TypeScript, under either of these', ''],
    ['MIT', readFileSync(join(root, 'LICENSE-MIT'), 'utf8')],
    ['Apache-2.0', readFileSync(join(root, 'LICENSE-APACHE'), 'utf8')],
    ['Bundled packages', readFileSync(join(own, 'LICENSE-THIRD-PARTY'), 'utf8')],
    ['koffi', readFileSync(join(koffi, 'LICENSE.txt'), 'utf8')],
    [`Node ${process.versions.node}, and what is in it`, readFileSync(nodeLicense(), 'utf8')],
  ]
  writeFileSync(file, texts.map(([title, text]) => `# ${title}\n\n${text?.trim()}\n`).join('\n'))
}

/** The licence of this node: what came with it, or what is kept here, as package managers do not install it. */
function nodeLicense(): string {
  const prefix = join(dirname(process.execPath), '..')
  const places = [
    join(prefix, 'LICENSE'),
    join(prefix, 'share/doc/node/LICENSE'),
    join(import.meta.dirname, `LICENSE-node-${process.versions.node}`),
  ]
  const found = places.find(existsSync)
  if (found === undefined) throw new Error(`the licence of node is in none of ${places.join(', ')}`)
  return found
}
