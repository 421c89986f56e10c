#!/usr/bin/env node
// What an older Node lacks must be seen before it is imported by name, which ends with a bare SyntaxError.
import * as nodeModule from 'node:module'
import { compileCacheDirectory } from './compile-cache.ts'
import { nodeTooOld } from './node-version.ts'

const tooOld = nodeTooOld(process.versions.node)
if (tooOld !== undefined) {
  process.stderr.write(`error: ${tooOld}\n`)
  process.exit(1)
}
const cache = compileCacheDirectory(process.env, process.getuid?.())
if (cache !== undefined) nodeModule.enableCompileCache(cache)

const { main } = await import('./run-program.ts')
process.exit(await main(process.argv.slice(1)))
