import { statSync } from 'node:fs'
import { bundleAction, distribution } from './bundle-action.ts'

const { file } = await bundleAction(distribution)
process.stdout.write(`${file}: ${statSync(file).size} bytes\n`)
