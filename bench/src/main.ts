// Measures the program next to its peers: docs/performance.md says how, `--help` what can be asked for.
import { writeFileSync } from 'node:fs'
import { describeEnvironment } from './environment.ts'
import { InputCache } from './inputs/cache.ts'
import { openInput } from './inputs/catalog.ts'
import { chooseRows, parseOptions, USAGE } from './options.ts'
import { BenchRegistry } from './registry.ts'
import { cellsOf } from './report/cells.ts'
import { printRow } from './report/print-row.ts'
import { REPORT_VERSION, type Report } from './report/report.ts'
import { ROWS } from './rows/table.ts'
import { judge, type RowResult } from './run/result.ts'
import { runRow } from './run/run-row.ts'
import { findTools, isBuildStale } from './tools.ts'
import { Workspace } from './workspace.ts'

const args = process.argv.slice(2).filter(argument => argument !== '--')
if (args.includes('--help')) console.log(USAGE)
else {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 2
  }
}

async function main(): Promise<number> {
  const options = parseOptions(args)
  const rows = chooseRows(ROWS, options)
  // With the report on standard output, the table goes elsewhere.
  const say = options.json === '-' ? console.error : console.log
  if (options.list) {
    for (const { name } of rows) say(name)
    return 0
  }
  if (rows.length === 0) throw new Error('no row has such a name: --list tells them')

  const { BENCH_CACHE, BENCH_DISK, BENCH_ROOTFS, BENCH_OURS } = process.env
  const tools = findTools()
  if (BENCH_OURS === undefined && isBuildStale())
    say('sources are newer than what is measured: pnpm build')
  const workspace = new Workspace({ disk: BENCH_DISK })
  const cache = new InputCache({
    directory: BENCH_CACHE,
    onMake: name => console.error(`making ${name}`),
  })
  const environment = describeEnvironment(tools, workspace, BENCH_ROOTFS)
  for (const [tool, version] of Object.entries(environment.versions)) say(`${tool}: ${version}`)

  const stopped = new AbortController()
  process.on('SIGINT', () => stopped.abort(new Error('stopped')))
  let registry: Promise<BenchRegistry> | undefined
  const results: RowResult[] = []
  try {
    for (const row of rows) {
      const result = await runRow(row, {
        tools,
        openInput: name => openInput(name, { cache, rootTar: BENCH_ROOTFS }),
        workspace,
        registry: async () => {
          if (BenchRegistry.unavailable() !== undefined) return undefined
          registry ??= BenchRegistry.start(cache, workspace.fresh('tmpfs'))
          return await registry
        },
        samples: options.samples,
        quick: options.quick,
        signal: stopped.signal,
      })
      results.push(result)
      say(printRow(cellsOf(row, result, results), result))
    }
  } finally {
    await (await registry)?.stop()
    workspace.close()
  }
  const report: Report = { version: REPORT_VERSION, environment, results }
  const json = `${JSON.stringify(report, null, 1)}\n`
  if (options.json === '-') process.stdout.write(json)
  else if (options.json !== undefined) writeFileSync(options.json, json)

  // Where the peer is not, nobody says that the gates were made for this machine.
  const isGated = tools.command('cfsctl') !== undefined
  const bad = rows.filter((row, index) => {
    const result = results[index]
    const gate = result && judge(row, result, results).gate
    return gate === 'failed' || (isGated && gate === 'missed')
  })
  if (bad.length > 0) say(`not met: ${bad.map(({ name }) => name).join('; ')}`)
  return bad.length > 0 ? 1 : 0
}
