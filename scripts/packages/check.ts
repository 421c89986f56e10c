// Packs every published package and looks at the tarballs as package managers and compilers would: licences, publint,
// "are the types wrong", and sizes. `pnpm check:packages`, after a build.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { BUDGETS } from './budgets.ts'
import { type Packed, pack, publishedPackages } from './published.ts'

/** Copied from the root by each package's `prepack`: pnpm itself takes only `LICENSE` and `LICENSE.*`. */
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT']

/** The packages are modules alone. Who requires them gets them from Node 22.12 on, types too; older compilers warn. */
const ACCEPTED = new Set(['CJSResolvesToESM'])

const work = mkdtempSync(join(tmpdir(), 'composefs-pack-'))
let findings = 0
try {
  for (const published of publishedPackages()) {
    const packed = pack(published, work)
    const found = [
      ...missingLicenses(packed),
      ...(await lint(packed)),
      ...(await wrongTypes(packed)),
      ...tooLarge(packed),
    ]
    findings += found.length
    console.log([`${packed.name}: ${found.length === 0 ? 'ok' : ''}`, ...found].join('\n  '))
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`licences, publint, types, sizes: ${findings} findings`)
process.exitCode = findings === 0 ? 0 : 1

function missingLicenses({ tarball }: Packed): string[] {
  const { stdout } = spawnSync('tar', ['-tf', tarball], { encoding: 'utf8' })
  const names = new Set(stdout.split('\n'))
  return LICENSES.filter(license => !names.has(`package/${license}`)).map(
    license => `${license} is not in the package`,
  )
}

async function lint({ tarball, manifest }: Packed): Promise<string[]> {
  const { messages } = await publint({
    pack: { tarball: bufferOf(tarball).buffer },
    strict: true,
  })
  // What it says names keys of the manifest.
  return messages.map(message => formatMessage(message, { ...manifest }) ?? message.code)
}

/** What a compiler finds wrong in any of the ways in which it resolves each entry. The program has no entry. */
async function wrongTypes({ tarball, manifest }: Packed): Promise<string[]> {
  const entries = Object.keys(manifest.exports ?? {}).filter(entry => entry !== './package.json')
  if (entries.length === 0) return []
  const result = await checkPackage(createPackageFromTarballData(bufferOf(tarball)))
  if (result.types === false) return ['has no types']
  return result.problems
    .filter(problem => !ACCEPTED.has(problem.kind))
    .filter(problem => !('resolutionKind' in problem && problem.resolutionKind === 'node10'))
    .map(problem => {
      const { kind, ...facts } = problem
      return `types: ${kind} ${JSON.stringify(facts)}`
    })
}

function tooLarge({ name, tarball }: Packed): string[] {
  const budget = BUDGETS[name]
  if (budget === undefined) return ['no budget in scripts/packages/budgets.ts']
  const kibibytes = Math.ceil(statSync(tarball).size / 1024)
  return kibibytes > budget.packed ? [`${kibibytes} KiB packed, more than ${budget.packed}`] : []
}

function bufferOf(file: string): Uint8Array<ArrayBuffer> {
  // A copy: a small file lies in memory that others share.
  return new Uint8Array(readFileSync(file))
}
