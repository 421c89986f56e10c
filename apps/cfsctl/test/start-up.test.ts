import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Modules that are loaded before a command is known; what they load at will does not count. */
const FIRST = ['main.ts', 'run-program.ts', 'command-table.ts']

test('start-up, the version and the help load nothing but the table and its readers', () => {
  const files = new Set<string>()
  const others = new Set<string>()
  const pending = FIRST.map(name => join(dirname(main), name))
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (files.has(file)) continue
    files.add(file)
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) pending.push(join(dirname(file), name))
      else others.add(name)
    }
  }
  expect([...others].filter(name => !name.startsWith('node:'))).toEqual([])
  expect([...files].filter(file => file.endsWith('-run.ts'))).toEqual([])
  expect(files.size).toBeGreaterThan(40)
})

/** What a module imports when it is loaded: types are erased, and `import()` comes later. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const statements = text.matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^']+)'/gms)
  return Array.from(statements, ([, name = '']) => name)
}
