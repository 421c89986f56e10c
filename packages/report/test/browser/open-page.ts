import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** How a page is looked at. */
export interface Look {
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/** A page in a browser, and everything it did that nobody asked for. */
export interface OpenPage {
  readonly page: Page
  /** Messages of the console, errors, and requests beyond the page itself. */
  readonly incidents: string[]
  close(): Promise<void>
}

/** Opens a page as a file, as somebody does who was sent it. */
export async function openPage(browser: Browser, html: string, look: Look = {}): Promise<OpenPage> {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-page-'))
  const file = join(directory, 'report.html')
  writeFileSync(file, html)
  const { scheme = 'light', width = 1280, height = 900 } = look
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const incidents: string[] = []
  const url = pathToFileURL(file).href
  page.on('console', message => incidents.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', error => incidents.push(`error: ${error.message}`))
  page.on('dialog', async dialog => {
    incidents.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  page.on('request', request => {
    if (request.url() !== url && !request.url().startsWith(`${url}#`)) {
      incidents.push(`request: ${request.url()}`)
    }
  })
  await page.goto(url)
  return {
    page,
    incidents,
    async close() {
      await context.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** What axe finds wrong, as lines: rule, and where. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return await page.evaluate(async () => {
    type Axe = { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}
