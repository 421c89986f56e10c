import { closeSync, openSync, writeSync } from 'node:fs'
import { generateDump } from '@composefs/test-fixtures'

const LINES_A_WRITE = 1000

/** Writes a dump file of so many entries. */
export function writeDump(path: string, entries: number): void {
  const file = openSync(path, 'w')
  try {
    let lines: string[] = []
    const flush = () => writeSync(file, lines.map(line => `${line}\n`).join(''))
    for (const line of generateDump(entries)) {
      lines.push(line)
      if (lines.length < LINES_A_WRITE) continue
      flush()
      lines = []
    }
    flush()
  } finally {
    closeSync(file)
  }
}
