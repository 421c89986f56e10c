// Installs every published package from its tarball into an empty project and uses it there: `pnpm test:packages`,
// after a build. Names of packages choose among them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack, publishedPackages } from './published.ts'
import { tryLibrary } from './try-library.ts'
import { tryProgram } from './try-program.ts'

const chosen = process.argv.slice(2)
const work = mkdtempSync(join(tmpdir(), 'composefs-try-'))
try {
  const tarballDirectory = join(work, 'tarballs')
  mkdirSync(tarballDirectory)
  const packed = publishedPackages().map(published => pack(published, tarballDirectory))
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, tarball]))
  for (const each of packed) {
    if (chosen.length > 0 && !chosen.includes(each.name)) continue
    const directory = join(work, each.name.replace('@composefs/', ''))
    const isProgram = each.name === 'cfsctl'
    const printed = await (isProgram
      ? tryProgram(each, directory)
      : tryLibrary(each, tarballs, directory))
    const how = isProgram ? 'npm install --global, npx' : 'JavaScript, nodenext, bundler, a bundle'
    console.log(`${each.name} (${how}):\n${printed.trim().replaceAll(/^/gm, '  ')}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
