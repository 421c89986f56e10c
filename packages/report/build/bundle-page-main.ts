import { writeFileSync } from 'node:fs'
import { BROWSER_PARTS, bundlePage } from './bundle-page.ts'

writeFileSync(BROWSER_PARTS, await bundlePage())
