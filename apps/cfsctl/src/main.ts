#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { compileCacheDirectory } from './compile-cache.ts'

const cache = compileCacheDirectory(process.env, process.getuid?.())
if (cache !== undefined) enableCompileCache(cache)

const { main } = await import('./run-program.ts')
process.exit(await main(process.argv.slice(1)))
