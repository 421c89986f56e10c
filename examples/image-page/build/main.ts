import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundlePage } from './bundle-page.ts'

const directory = fileURLToPath(new URL('../dist/', import.meta.url))
mkdirSync(directory, { recursive: true })
const html = await bundlePage()
writeFileSync(`${directory}index.html`, html)
console.log(`${directory}index.html: ${html.length} bytes`)
