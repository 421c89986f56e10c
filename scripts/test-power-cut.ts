// Cuts the power of a small virtual machine while it works with repositories, again and again, and checks what is left:
// `node scripts/test-power-cut.ts [--cuts N] [--seed N] [--kernel 6.12|6.1] [--without-sync] [--verbose]`. docs/power-cut.md
// tells what that proves. CFSCTL_PEER names a cfsctl that checks once more.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleGuest } from './power-cut/bundle-guest.ts'
import { type Cut, type Start, startMachine } from './power-cut/cut-run.ts'
import { createDisk } from './power-cut/disk-file.ts'
import { makeImages } from './power-cut/images.ts'
import type { Message } from './power-cut/messages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kernel: { type: 'string', default: '6.12' },
    verbose: { type: 'boolean', short: 'v', default: false },
    'without-sync': { type: 'boolean', default: false },
  },
})
const withoutSync = values['without-sync']
const work = realpathSync(mkdtempSync(join(tmpdir(), 'composefs-power-cut-')))
try {
  const problems = await cutAgainAndAgain(Number(values.cuts))
  if (withoutSync && problems === 0) throw new Error('nobody noticed that the syncs were missing')
  if (!withoutSync && problems > 0) process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Returns the number of problems; a repository that has one is not cut again. */
async function cutAgainAndAgain(cuts: number): Promise<number> {
  const disk = join(work, 'disk')
  createDisk(disk)
  const program = await bundleGuest(root)
  const images = await makeImages(work)
  const peer = process.env.CFSCTL_PEER ?? null
  const task = { directory: '/verity', images, withoutSync, peer }
  const options = {
    root,
    work,
    disk,
    kernel: values.kernel,
    program,
    task,
    seed: Number(values.seed),
    onMessage: values.verbose ? logMessage : undefined,
  }
  console.log(`${cuts} power cuts, Linux ${values.kernel}, --seed ${values.seed}`)
  const stages = new Map<string, number>()
  for (let index = 0; index <= cuts; index++) {
    const { checks, problems, cut } = await startMachine(options, { index, isCut: index < cuts })
    reportChecks(checks)
    for (const problem of problems) console.log(`   PROBLEM: ${problem}`)
    if (problems.length > 0) return problems.length
    if (cut === undefined) continue
    console.log(`${index + 1}. ${describe(cut)}`)
    stages.set(cut.stage, (stages.get(cut.stage) ?? 0) + 1)
  }
  const where = [...stages].map(([stage, count]) => `${count} in ${stage}`)
  console.log(`${cuts} cuts (${where.join(', ')}): no name without what it needs`)
  return 0
}

function logMessage(message: Message): void {
  console.log(`${new Date().toISOString()} ${JSON.stringify(message)}`)
}

function describe({ stage, operation, lost, kept }: Cut): string {
  return `cut in ${stage} of ${operation}: ${lost} sectors lost of ${lost + kept} unflushed ones`
}

function reportChecks(checks: Start['checks']): void {
  for (const { repository, names, objects, leftovers, collected } of checks) {
    const found = `${names} names, ${objects} objects, of those nobody needs ${leftovers.length} wrong`
    console.log(`   ${repository}: ${found}; ${collected} collected`)
  }
}
