import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { encodeImage } from '@composefs/erofs'
import { algorithmByName } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { type FileTree, parseDump, writeDump } from '@composefs/tree'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundlePage } from '../build/bundle-page.ts'

interface Vector {
  readonly name: string
  readonly dump: string
  readonly algorithm: 'sha256' | 'sha512'
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>> | null>>
}

const erofs = join(vectorsDirectory, 'erofs')
const index: {
  readonly cases: readonly Vector[]
  readonly hostile: readonly {
    name: string
    case: string
    version: 0 | 1 | 2
    patch: [number, string][]
    truncate?: number
  }[]
} = JSON.parse(readFileSync(join(erofs, 'index.json'), 'utf8'))

/** Those that fit on a page: each entry is opened and read. */
const SIZE_MAX = 8000
const vectors = index.cases.filter(
  ({ dump, versions }) =>
    versions['1'] != null && readFileSync(join(erofs, dump)).length < SIZE_MAX,
)

function treeOf({ dump, algorithm }: Vector): FileTree {
  const hash = algorithmByName(algorithm)
  if (hash === undefined) throw new Error(algorithm)
  return parseDump(readFileSync(join(erofs, dump)), hash)
}

function imageOf(vector: Vector, version: 0 | 1 | 2): Uint8Array {
  return encodeImage(treeOf(vector), { version })
}

/** The paths of a tree, as its canonical dump has them. */
function pathsOf(vector: Vector): string[] {
  const lines = Buffer.concat([...writeDump(treeOf(vector))])
    .toString('latin1')
    .split('\n')
  return lines.filter(line => line !== '').map(line => line.split(' ')[0] ?? '')
}

const chromiumPath =
  process.env.CHROMIUM ?? spawnSync('sh', ['-c', 'command -v chromium']).stdout.toString().trim()
const why = chromiumPath === '' ? ': no chromium in PATH' : ''

vi.setConfig({ testTimeout: 300_000 })

test('the page is one file that asks nobody for anything', async () => {
  const html = await bundlePage()
  expect(html).not.toMatch(/(?:src|href)=/)
  expect(html).toContain("default-src 'none'")
})

describe.skipIf(chromiumPath === '')(`in Chromium${why}`, () => {
  let directory: string
  let browser: Browser
  let page: Page
  const faults: string[] = []
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'composefs-image-page-'))
    const file = join(directory, 'index.html')
    writeFileSync(file, await bundlePage())
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
    page = await browser.newPage()
    page.on('pageerror', error => void faults.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error') faults.push(message.text())
    })
    await page.goto(pathToFileURL(file).href)
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(directory, { recursive: true, force: true })
    expect(faults).toEqual([])
  })

  const choose = (name: string, bytes: Uint8Array) =>
    page.setInputFiles('#file', {
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(bytes),
    })

  const fact = (name: string) =>
    page.locator(`xpath=//dt[.="${name}"]/following-sibling::dd[1]`).textContent()

  /** Opens directories until none is closed, and gives the paths of all that is there. */
  async function openAll(): Promise<string[]> {
    await page.locator('#tree > details > ul').waitFor({ state: 'attached' })
    return await page.evaluate(`(async () => {
      for (;;) {
        const closed = [...document.querySelectorAll('#tree details:not([open])')]
        if (closed.length === 0) break
        await Promise.all(closed.map(details => new Promise(resolve => {
          details.addEventListener('toggle', resolve, { once: true })
          details.querySelector('summary').click()
        })))
      }
      return [...document.querySelectorAll('#tree [data-path]')].map(node => node.dataset.path)
    })()`)
  }

  test(`shows the id and every file of each of ${vectors.length} vectors`, async () => {
    expect(vectors.length).toBeGreaterThan(20)
    for (const vector of vectors) {
      const name = `${vector.name}.erofs`
      await choose(name, imageOf(vector, 1))
      await page.getByText(name, { exact: true }).waitFor()
      expect(await fact('Format')).toBe('EROFS V1')
      const id = vector.versions['1']?.[`verity_${await fact('Hash')}`]
      expect([name, await fact('Id')]).toEqual([name, id])
      expect((await openAll()).sort()).toEqual(pathsOf(vector).sort())
    }
  })

  test('takes a file that is dropped', async () => {
    const [vector] = vectors
    if (vector === undefined) throw new Error('no vector')
    const bytes = Buffer.from(imageOf(vector, 2)).toString('base64')
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer()
      const bytes = Uint8Array.from(atob('${bytes}'), letter => letter.charCodeAt(0))
      transfer.items.add(new File([bytes], 'dropped.erofs'))
      return transfer
    })()`)
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: data })
    await page.getByText('dropped.erofs', { exact: true }).waitFor()
    expect(await fact('Format')).toBe('EROFS V2')
  })

  test('names are text: no markup, nothing that does not show', async () => {
    const hash = algorithmByName('sha256')
    if (hash === undefined) throw new Error('no sha256')
    const dump = [
      '/ 0 40755 2 0 0 0 0.0 - - -',
      '/<img\\x20src=x\\x20onerror=alert(1)> 0 100644 1 0 0 0 0.0 - - -',
      '/\\xe2\\x80\\xaegnp.exe 0 100644 1 0 0 0 0.0 - - -',
      '/gr\\xc3\\xbc\\xc3\\x9fe 0 120777 1 0 0 0 0.0 a\\nb - -',
      '',
    ].join('\n')
    await choose('names.erofs', encodeImage(parseDump(Buffer.from(dump), hash), { version: 1 }))
    await page.getByText('names.erofs', { exact: true }).waitFor()
    await openAll()
    const text = await page.locator('#tree').textContent()
    expect(text).toContain('<img src=x onerror=alert(1)>')
    expect(text).toContain('\\xe2\\x80\\xaegnp.exe')
    expect(text).toContain('grüße 0777 0:0 → a\\nb')
    expect(await page.locator('#tree img').count()).toBe(0)
  })

  test(`says why it shows nothing of ${index.hostile.length} damaged images, and goes on`, async () => {
    for (const { name, case: of, version, patch, truncate } of index.hostile) {
      const vector = index.cases.find(each => each.name === of)
      if (vector === undefined) throw new Error(of)
      const bytes = imageOf(vector, version).slice(0, truncate)
      for (const [offset, hex] of patch) bytes.set(Buffer.from(hex, 'hex'), offset)
      await choose(`${name}.damaged`, bytes)
      const status = page.locator('#status', { hasText: `${name}.damaged` })
      await status.waitFor()
      const text = (await status.textContent()) ?? ''
      expect(text).toMatch(/damaged: ERR_EROFS_[A-Z_]+: .+$/)
      expect(await page.locator('#tree li').count()).toBe(0)
    }
    await choose('no-image.erofs', new TextEncoder().encode('no image'))
    await page.locator('#status', { hasText: 'no-image.erofs: ERR_EROFS_TRUNCATED' }).waitFor()
  })
})
