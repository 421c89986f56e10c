// Feeds the parsers of untrusted bytes with inputs that somebody could have made:
// `node scripts/fuzz/main.ts [TARGET…] [--seconds N] [--seed N] [--findings DIR]`, or `--input FILE TARGET` for one input.
// Each target runs in a process of its own, so that its memory can be measured.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runSession, type SessionResult } from './session.ts'
import { isTargetName, TARGET_NAMES } from './targets/names.ts'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    findings: { type: 'string', default: join(tmpdir(), 'composefs-fuzz') },
    input: { type: 'string' },
  },
  allowPositionals: true,
})
const [first] = positionals
if (first !== undefined && values.input !== undefined) await runInput(first, values.input)
else if (first !== undefined && positionals.length === 1) await runTarget(first)
else runEach(positionals.length > 0 ? positionals : TARGET_NAMES)

function assertName(name: string): void {
  if (!isTargetName(name)) throw new RangeError(`${name}: one of ${TARGET_NAMES.join(', ')}`)
}

function runEach(names: readonly string[]): void {
  for (const name of names) assertName(name)
  const { seconds, seed, findings } = values
  const rest = ['--seconds', seconds, '--seed', seed, '--findings', findings]
  const failed = names.filter(name => {
    const { status } = spawnSync(
      process.execPath,
      [...process.execArgv, fileURLToPath(import.meta.url), name, ...rest],
      { stdio: 'inherit' },
    )
    return status !== 0
  })
  if (failed.length > 0) process.exit(1)
}

async function runTarget(name: string): Promise<void> {
  assertName(name)
  const seed = Number(values.seed)
  console.log(`${name}: seed ${seed}, ${values.seconds} s`)
  const corpusDirectory = fileURLToPath(
    new URL(`../../test-fixtures/fuzz/${name}/`, import.meta.url),
  )
  mkdirSync(corpusDirectory, { recursive: true })
  const result = await runSession({
    target: name,
    seed,
    seconds: Number(values.seconds),
    corpusDirectory,
    findingsDirectory: values.findings,
    onFinding: text => console.log(`${name}: ${text}`),
  })
  console.log(`${name}: ${summaryOf(result)}`)
  // Threads of the decompressors may still be at work.
  process.exit(result.findings > 0 ? 1 : 0)
}

function summaryOf(result: SessionResult): string {
  return [
    `${result.inputs} inputs`,
    `${Math.round(result.inputs / result.seconds)}/s`,
    `${result.findings} findings`,
    `slowest ${result.slowestMilliseconds.toFixed(0)} ms`,
    `peak ${result.peakMebibytes.toFixed(0)} MiB`,
    `${result.kept} kept`,
    `${result.ways} ways`,
  ].join(', ')
}

async function runInput(name: string, path: string): Promise<void> {
  const input = readFileSync(path)
  const start = performance.now()
  const before = process.resourceUsage().maxRSS
  const { findTarget } = await import('./targets/table.ts')
  console.log(await findTarget(name).run(input))
  const { maxRSS } = process.resourceUsage()
  const milliseconds = (performance.now() - start).toFixed(0)
  console.log(
    `${milliseconds} ms, peak ${Math.round(maxRSS / 1024)} MiB (${Math.round(before / 1024)} before)`,
  )
}
