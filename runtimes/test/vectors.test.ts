import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleForBrowser } from '../src/bundle.ts'
import { findChromium, findRuntime, PACKAGED_RUNTIMES } from '../src/runtimes.ts'
import type { Report } from '../src/suite/report.ts'
import { startVectorServer, type VectorServer } from '../src/vector-server.ts'

const suite = fileURLToPath(new URL('../src/suite', import.meta.url))
const main = fileURLToPath(new URL('../src/suite/main.ts', import.meta.url))

/** Rows of vectors by group. Append-only, like the vectors. */
const ROWS = {
  'dump files': 66,
  'images written': 191,
  'images read': 191,
  'images refused': 41,
  'trees refused': 117,
  'layers split': 137,
  'layers refused': 53,
  'layers merged': 120,
  'layer trees refused': 17,
  'streams read': 19,
  'streams refused': 20,
  'streams of repositories': 52,
  'streams written': 1,
}

/** Milliseconds. Some seconds of computing, on a machine that may have other things to do. */
const TIMEOUT = 600_000

let server: VectorServer
let ofNode: Report

beforeAll(async () => {
  const script = `import { runSuite } from './suite.ts'\nglobalThis.runSuite = runSuite`
  server = await startVectorServer((await bundleForBrowser(script, suite)).code)
  ofNode = await run(process.execPath, ['--conditions=composefs-source', '--no-warnings', main])
}, TIMEOUT)
afterAll(() => server.close())

/** Runs the suite in a runtime with a command line. */
async function run(command: string, args: readonly string[]): Promise<Report> {
  const child = spawn(command, [...args, `${server.url}vectors/`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', data => {
    output += data
  })
  child.stderr.on('data', data => {
    errors += data
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`status ${status}: ${errors}`)
  return JSON.parse(output)
}

async function runInChromium(executablePath: string): Promise<Report> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    const failed = Promise.withResolvers<never>()
    page.on('pageerror', failed.reject)
    await page.goto(server.url)
    await Promise.race([page.waitForFunction('globalThis.runSuite !== undefined'), failed.promise])
    const report = page.evaluate(`runSuite('${server.url}vectors/')`) as Promise<Report>
    return await Promise.race([report, failed.promise])
  } finally {
    await browser.close()
  }
}

function expectAll(report: Report): void {
  expect(report.failures).toEqual([])
  const counts = Object.fromEntries(report.groups.map(({ group, passed }) => [group, passed]))
  expect(counts).toEqual(ROWS)
}

const total = Object.values(ROWS).reduce((sum, count) => sum + count)

describe('the vectors with the portable hash', () => {
  test(`node: ${total} rows`, () => expectAll(ofNode))

  test('are as many as the README of the project says', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(`${total.toLocaleString('en')} golden rows`)
  })

  const browser = findChromium()
  const noBrowser = 'reason' in browser ? `: ${browser.reason}` : ''
  test.skipIf(noBrowser)(
    `chromium: ${total} rows, refused with the same codes${noBrowser}`,
    async () => {
      const report = await runInChromium('path' in browser ? browser.path : '')
      expectAll(report)
      expect(report.refusals).toEqual(ofNode.refusals)
    },
    TIMEOUT,
  )

  describe.each(PACKAGED_RUNTIMES)('$name', runtime => {
    const found = findRuntime(runtime)
    const missing = 'reason' in found ? `: ${found.reason}` : ''
    test.skipIf(missing)(
      `${total} rows, refused with the same codes${missing}`,
      async () => {
        const path = 'path' in found ? found.path : ''
        const report = await run(path, runtime.command(main, server.host))
        expectAll(report)
        expect(report.refusals).toEqual(ofNode.refusals)
      },
      TIMEOUT,
    )
  })
})
