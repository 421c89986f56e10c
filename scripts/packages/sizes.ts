// Writes docs/sizes.md: `pnpm sizes`, after a build.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUDGETS } from './budgets.ts'
import { codeSize } from './minified.ts'
import { pack, publishedPackages, root } from './published.ts'

const HEAD = `# Sizes of the packages

Made by \`pnpm sizes\`; in KiB of 1024 bytes. *Packed* is the tarball that npm downloads: code, source maps, declarations,
sources. *Minified* is the code of all entries in one bundle, without the packages that npm installs beside it; who
imports less gets less, since no module has side effects. *Gzipped* is the same as a web server sends it. The program has
its libraries inside. Budgets are in \`scripts/packages/budgets.ts\`: \`pnpm check:packages\` fails when a tarball is
larger, \`pnpm test\` when code is.

| Package | Packed | Budget | Minified | Budget | Gzipped |
|---|--:|--:|--:|--:|--:|
`

const work = mkdtempSync(join(tmpdir(), 'composefs-sizes-'))
try {
  const rows: string[] = []
  for (const published of publishedPackages()) {
    const packed = kibibytes(statSync(pack(published, work).tarball).size)
    const { minified, gzipped } = await codeSize(published)
    const budget = BUDGETS[published.name]
    const numbers = [
      ...[packed, String(budget?.packed)],
      ...[kibibytes(minified), String(budget?.minified), kibibytes(gzipped)],
    ]
    rows.push(`| \`${published.name}\` | ${numbers.join(' | ')} |\n`)
  }
  const page = HEAD + rows.join('')
  writeFileSync(join(root, 'docs/sizes.md'), page)
  console.log(page)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function kibibytes(bytes: number): string {
  return (bytes / 1024).toFixed(1)
}
