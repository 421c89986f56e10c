import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Everything below a directory, and the directory itself: kind, mode, times of change, content. */
export function snapshot(directory: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const left = [Buffer.from(directory)]
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const status = lstatSync(path, { bigint: true })
    const { mode, nlink, mtimeNs, ctimeNs } = status
    const content = status.isSymbolicLink()
      ? readlinkSync(path, 'latin1')
      : status.isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : ''
    const name = path.toString('latin1').slice(directory.length)
    found[name] = [mode.toString(8), nlink, mtimeNs, ctimeNs, content].join(' ')
    if (!status.isDirectory()) continue
    for (const child of readdirSync(path, { encoding: 'buffer' })) {
      left.push(Buffer.concat([path, Buffer.from('/'), child]))
    }
  }
  return found
}
