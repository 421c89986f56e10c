import { encodeUtf8 } from '@composefs/bytes'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportPage } from '../../src/index.ts'
import { chromiumPath, startChromium } from './chromium.ts'
import { largeTree, treeOfNames, treeReport } from './made-up-trees.ts'
import { axeFindings, openPage } from './open-page.ts'

/** A name as bytes, and how the page has to show it. */
const NAMES: readonly (readonly [Uint8Array, string])[] = [
  [encodeUtf8('<img src=x onerror=alert(1)>'), '<img src=x onerror=alert(1)>'],
  [encodeUtf8('<script>alert(1)<'), '<script>alert(1)<'],
  [encodeUtf8('<!--<script>'), '<!--<script>'],
  [encodeUtf8('"onmouseover="alert(1)'), '"onmouseover="alert(1)'],
  [encodeUtf8('photo\u202egnp.exe'), 'photo\\u{202e}gnp.exe'],
  [encodeUtf8('\u2066isolated\u200b'), '\\u{2066}isolated\\u{200b}'],
  [encodeUtf8('\u001b[31mred\n\u2028'), '\\u{1b}[31mred\\u{a}\\u{2028}'],
  [encodeUtf8('__proto__'), '__proto__'],
  [encodeUtf8('שלום'), 'שלום'],
  [Uint8Array.of(0x6e, 0xff, 0xfe, 0x6f), 'n\\xff\\xfeo'],
]

describe.skipIf(chromiumPath === undefined)(
  'names of all kinds (needs chromium)',
  { timeout: 300_000 },
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await startChromium()
    })
    afterAll(async () => await browser?.close())

    test('are text, all of which can be seen', async () => {
      const title = '</title><script>alert(1)</script>\u202e'
      const html = reportPage(treeReport(title, treeOfNames(NAMES.map(([name]) => name))))
      const { page, incidents, close } = await openPage(browser, html)
      const shown = await page.locator('.contents tbody th').allTextContents()
      expect(shown.map(text => text.trim()).sort()).toEqual(NAMES.map(([, text]) => text).sort())
      expect(await page.title()).toBe('</title><script>alert(1)</script>\\u{202e} · image report')
      expect(await page.locator('h1').textContent()).toBe(
        '</title><script>alert(1)</script>\\u{202e}',
      )
      await page.locator('.treemap button').last().hover()
      expect(await page.locator('img, iframe, object').count()).toBe(0)
      expect(await page.locator('script').count()).toBe(2)
      expect(await axeFindings(page)).toEqual([])
      expect(incidents).toEqual([])
      await close()
    })

    test('cannot get round the policy of the page', async () => {
      const html = reportPage(treeReport('app', treeOfNames([encodeUtf8('a')])))
      const { page, incidents, close } = await openPage(browser, html)
      const refused = await page.evaluate(() => {
        try {
          document.body.innerHTML = '<img src=x onerror=alert(1)>'
          return false
        } catch {
          return true
        }
      })
      expect(refused).toBe(true)
      await page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => undefined))
      // The browser tells what it did not let happen, and lets nothing happen.
      expect(incidents.filter(text => !text.startsWith('error: '))).toEqual([])
      expect(incidents.length).toBeGreaterThan(0)
      await close()
    })

    test('100,000 files make a page that is no larger than others', async () => {
      const report = treeReport('large', largeTree(100_000))
      const [image] = report.images
      expect(image?.files).toBe(100_000)
      const html = reportPage(report)
      expect(html.length).toBeLessThan(3_000_000)
      const { page, incidents, close } = await openPage(browser, html)
      expect(await page.locator('.view-note').textContent()).toContain(
        'smaller ones are put together',
      )
      expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(8000)
      await page.getByRole('searchbox', { name: 'Find files and directories' }).fill('file-')
      expect(await page.locator('.matches li').count()).toBe(200)
      expect(incidents).toEqual([])
      await close()
    })
  },
)
