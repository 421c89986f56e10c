#!/usr/bin/env node
import { compileCacheDirectory } from './compile-cache.ts'
import { nodeTooOld } from './node-version.ts'

// Nothing of Node is imported by name: what an older one lacks would end it with a bare SyntaxError.
const tooOld = nodeTooOld(process.versions.node)
if (tooOld !== undefined) {
  process.stderr.write(`error: ${tooOld}\n`)
  process.exit(1)
}
const cache = compileCacheDirectory(process.env, process.getuid?.())
if (cache !== undefined) process.getBuiltinModule('node:module').enableCompileCache(cache)

const { main } = await import('./run-program.ts')
process.exit(await main(process.argv.slice(1)))
