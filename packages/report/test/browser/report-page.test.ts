import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportImage, reportPage, reportRepository } from '../../src/index.ts'
import { fiveImages, madeUpRepository } from '../made-up-images.ts'
import { chromiumPath, startChromium } from './chromium.ts'
import { axeFindings, type Look, type OpenPage, openPage } from './open-page.ts'

/** A browser beside others may be slow. */
const TIME = { timeout: 300_000 }
const MADE = { made: new Date('2026-01-02T03:04:05Z') }

describe.skipIf(chromiumPath === undefined)('the page in a browser (needs chromium)', TIME, () => {
  let made: Awaited<ReturnType<typeof madeUpRepository>>
  let browser: Browser
  let repositoryHtml: string
  let imageHtml: string

  beforeAll(async () => {
    made = await madeUpRepository(fiveImages())
    repositoryHtml = reportPage(await reportRepository(made.repository), MADE)
    imageHtml = reportPage(await reportImage(made.repository, { oci: 'shop/app:1.1' }), MADE)
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await made.remove()
  })

  /** Does something with a page, which must do nothing else. */
  async function withPage(
    html: string,
    look: Look,
    work: (page: OpenPage['page']) => Promise<void>,
  ): Promise<void> {
    const open = await openPage(browser, html, look)
    try {
      await work(open.page)
      expect(open.incidents).toEqual([])
    } finally {
      await open.close()
    }
  }

  const crumbs = (page: OpenPage['page']) => page.locator('.breadcrumb li').allTextContents()
  const focused = (page: OpenPage['page']) =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')

  test.each<[string, Look]>([
    ['light', {}],
    ['dark', { scheme: 'dark' }],
    ['narrow', { width: 360, height: 740 }],
    ['narrow and dark', { width: 360, height: 740, scheme: 'dark' }],
  ])('axe finds nothing: %s', async (_, look) => {
    for (const html of [repositoryHtml, imageHtml]) {
      await withPage(html, look, async page => {
        expect(await axeFindings(page)).toEqual([])
        // Nothing is wider than the screen.
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(excess).toBe(0)
      })
    }
  })

  test('a mouse goes down through map and table, and up by the path', async () => {
    await withPage(imageHtml, {}, async page => {
      await page.locator('.treemap button', { hasText: 'usr' }).click({ position: { x: 20, y: 8 } })
      expect(await crumbs(page)).toEqual(['All', 'usr'])
      await page.locator('.contents').getByRole('button', { name: 'local/', exact: true }).click()
      expect(await crumbs(page)).toEqual(['All', 'usr', 'local'])
      expect(await page.locator('.contents caption').textContent()).toContain('In /usr/local')
      await page.locator('.breadcrumb button', { hasText: 'All' }).click()
      expect(await crumbs(page)).toEqual(['All'])
      expect(await axeFindings(page)).toEqual([])
    })
  })

  test('a click on what is in a directory opens that', async () => {
    await withPage(imageHtml, {}, async page => {
      const inner = page.locator('.treemap div.is-directory', { hasText: 'local' }).first()
      await inner.click({ position: { x: 10, y: 8 } })
      expect(await crumbs(page)).toEqual(['All', 'usr', 'local'])
    })
  })

  test('the keyboard alone is enough', async () => {
    await withPage(imageHtml, {}, async page => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip')
      await page.locator('.treemap button[tabindex="0"]').focus()
      const first = await focused(page)
      expect(first).toMatch(/^usr .* MiB, .* %, directory, /)
      await page.keyboard.press('ArrowRight')
      const second = await focused(page)
      expect(second).not.toBe(first)
      await page.keyboard.press('Home')
      expect(await focused(page)).toBe(first)
      await page.keyboard.press('Enter')
      expect(await crumbs(page)).toEqual(['All', 'usr'])
      expect(await page.locator('[role=status].only-heard').first().textContent()).toContain(
        '/usr: ',
      )
      // The focus is in the map still, and Escape goes up again.
      expect(await page.evaluate(() => document.activeElement?.closest('.treemap') !== null)).toBe(
        true,
      )
      await page.keyboard.press('Escape')
      expect(await crumbs(page)).toEqual(['All'])
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement as Element).outlineStyle,
      )
      expect(outline).toBe('solid')
    })
  })

  test('one button of the map is in the order of tabs', async () => {
    await withPage(imageHtml, {}, async page => {
      expect(await page.locator('.treemap button[tabindex="0"]').count()).toBe(1)
      expect(await page.locator('.treemap button').count()).toBeGreaterThan(1)
    })
  })

  test('views change, and say what they are of', async () => {
    await withPage(repositoryHtml, {}, async page => {
      const names = () => page.locator('.contents tbody th').allTextContents()
      expect((await names()).map(name => name.trim())).toContain('In all 5 images')
      await page.getByRole('radio', { name: 'By layer' }).check({ force: true })
      expect((await names())[0]).toMatch(/^Layer \d · [0-9a-f]{12}/)
      await page.getByRole('radio', { name: 'By directory' }).check({ force: true })
      expect((await names()).map(name => name.trim())).toContain('usr/')
    })
  })

  test('a search finds files and leads to them', async () => {
    await withPage(imageHtml, {}, async page => {
      const search = page.getByRole('searchbox', { name: 'Find files and directories' })
      await search.fill('MODEL')
      expect(await page.locator('.matches li').allTextContents()).toEqual([
        expect.stringContaining('/srv/app/model.bin'),
      ])
      expect(await axeFindings(page)).toEqual([])
      await page.locator('.matches button').click()
      expect(await crumbs(page)).toEqual(['All', 'srv', 'app'])
      expect(await search.inputValue()).toBe('')
      await search.fill('nothing has this name')
      expect(await page.locator('.panel-head').textContent()).toBe('0 matches')
    })
  })

  test('tables sort and filter', async () => {
    await withPage(repositoryHtml, {}, async page => {
      const images = page.locator('#images')
      const first = () => images.locator('tbody tr').first().locator('th').textContent()
      expect(await first()).toContain('debian:12')
      await images.getByRole('button', { name: 'Only here' }).click()
      expect(await first()).toContain('postgres:16')
      expect(await images.locator('[aria-sort=descending]').textContent()).toContain('Only here')
      await images.getByRole('button', { name: 'Only here' }).click()
      expect(await first()).toContain('debian:12')
      await page.getByRole('searchbox', { name: 'Filter: Largest files' }).fill('numpy')
      const paths = await page.locator('#largest tbody th').allTextContents()
      expect(paths.length).toBeGreaterThan(0)
      expect(paths.every(path => path.includes('numpy'))).toBe(true)
    })
  })

  test('the switch of colours wins over the system', async () => {
    await withPage(imageHtml, { scheme: 'light' }, async page => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const light = await ground()
      await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
      const dark = await ground()
      expect(dark).not.toBe(light)
      expect(await axeFindings(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.getByRole('radio', { name: 'Light' }).check({ force: true })
      expect(await ground()).toBe(light)
      await page.getByRole('radio', { name: 'Auto' }).check({ force: true })
      expect(await ground()).toBe(dark)
    })
  })

  test('print has everything in light colours, and no controls', async () => {
    await withPage(imageHtml, { scheme: 'dark' }, async page => {
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('.toolbar').isVisible()).toBe(false)
      const ink = await page.evaluate(() => getComputedStyle(document.body).color)
      expect(ink).toBe('rgb(23, 32, 44)')
      const { clientHeight, scrollHeight } = await page
        .locator('.scroller')
        .first()
        .evaluate(({ clientHeight, scrollHeight }) => ({ clientHeight, scrollHeight }))
      expect(scrollHeight).toBe(clientHeight)
    })
  })

  test('hidden content is hatched in the view by layer', async () => {
    await withPage(imageHtml, {}, async page => {
      await page.getByRole('radio', { name: 'By layer' }).check({ force: true })
      expect(await page.locator('.treemap .is-hidden').count()).toBeGreaterThan(0)
      expect(await page.locator('#hidden tbody th').first().textContent()).toBe(
        '/srv/app/model.bin',
      )
    })
  })
})
