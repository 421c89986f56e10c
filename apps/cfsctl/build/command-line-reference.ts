// Writes docs/cli.md: `pnpm docs:cli`.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cfsctl } from '../src/command-table.ts'
import { commandLineReference } from '../src/reference/command-line-reference.ts'

const file = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url))
writeFileSync(file, await commandLineReference(cfsctl))
