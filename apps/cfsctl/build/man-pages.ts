// Writes the manual pages into dist/man, where npm takes them from: `node build/man-pages.ts [DIRECTORY]`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cfsctl } from '../src/command-table.ts'
import { EDITION } from '../src/reference/edition.ts'
import { allPages } from '../src/reference/pages.ts'
import { roff } from '../src/reference/roff.ts'

const directory = process.argv[2] ?? fileURLToPath(new URL('../dist/man', import.meta.url))
// Pages of commands that are gone would be packed, too.
rmSync(directory, { recursive: true, force: true })
mkdirSync(directory, { recursive: true })
for (const page of await allPages(cfsctl)) {
  writeFileSync(join(directory, `${page.name}.${page.section}`), roff(page, EDITION))
}
