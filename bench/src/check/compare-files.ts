import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What two files differ in; nothing when they are the same. */
export function compareFiles(ours: string, theirs: string): string[] {
  const [a, b] = [ours, theirs].map(path => readFileSync(path))
  if (a === undefined || b === undefined || a.equals(b)) return []
  return [`ours ${a.length} bytes, ${sha256(a)}; theirs ${b.length} bytes, ${sha256(b)}`]
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
