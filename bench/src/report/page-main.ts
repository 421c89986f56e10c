// Makes docs/performance.md of a report: `pnpm bench:page REPORT`.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderPage } from './page.ts'
import { parseReport } from './report.ts'

const [path, ...rest] = process.argv.slice(2).filter(argument => argument !== '--')
if (path === undefined || rest.length > 0) throw new Error('usage: pnpm bench:page REPORT')
const page = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url))
writeFileSync(page, renderPage(parseReport(readFileSync(path, 'utf8'))))
