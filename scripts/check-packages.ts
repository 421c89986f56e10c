// Packs every published package and lets publint look at the tarball, as a user's package manager would see it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = [
  ...readdirSync(join(root, 'packages')).map(name => `packages/${name}`),
  'apps/cfsctl',
]
/** Copied from the root by each package's `prepack`: pnpm itself takes only `LICENSE` and `LICENSE.*`. */
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT']
const work = mkdtempSync(join(tmpdir(), 'composefs-pack-'))
let findings = 0
try {
  for (const directory of packages) {
    const { status, stderr, stdout } = spawnSync('pnpm', ['pack', '--pack-destination', work], {
      cwd: join(root, directory),
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`pnpm pack in ${directory}: ${stderr}${stdout}`)
    const [name] = readdirSync(work).filter(file => file.endsWith('.tgz'))
    if (name === undefined) throw new Error(`no tarball of ${directory}`)
    const tarball = readFileSync(join(work, name))
    const manifest = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
    const { stdout: names } = spawnSync('tar', ['-tf', join(work, name)], { encoding: 'utf8' })
    const missing = LICENSES.filter(license => !names.split('\n').includes(`package/${license}`))
    rmSync(join(work, name))
    const { messages } = await publint({
      pack: {
        tarball: tarball.buffer.slice(
          tarball.byteOffset,
          tarball.byteOffset + tarball.length,
        ) as ArrayBuffer,
      },
      strict: true,
    })
    const found = messages.length + missing.length
    findings += found
    console.log(`${manifest.name}: ${found === 0 ? 'ok' : ''}`)
    for (const license of missing) console.log(`  ${license} is not in the package`)
    for (const message of messages) console.log(`  ${formatMessage(message, manifest)}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`publint: ${packages.length} packages, ${findings} findings`)
process.exitCode = findings === 0 ? 0 : 1
