import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Most holders that are looked for: enough to act on. */
const HOLDERS_MAX = 5

/** A process that uses files of a mount. */
export interface MountHolder {
  readonly pid: number
  /** Its name, which the process itself chose, without control characters. */
  readonly command: string
  /** What it uses: its working directory, its root, its program, an open file, or a mapped one. */
  readonly use: 'cwd' | 'root' | 'exe' | 'file' | 'map'
}

/**
 * Processes that keep the mount at a canonical path busy, as far as /proc shows: five at most, those of other users
 * only to root, those in other mount namespaces never (they do not keep this one busy).
 */
export function findHolders(path: string): MountHolder[] {
  const namespace = link('/proc/self/ns/mnt')
  const holders: MountHolder[] = []
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const process = `/proc/${name}`
    if (namespace !== undefined && link(`${process}/ns/mnt`) !== namespace) continue
    const use = useOf(process, path)
    if (use === undefined) continue
    holders.push({ pid: Number(name), command: commandOf(process), use })
    if (holders.length === HOLDERS_MAX) break
  }
  return holders
}

function useOf(process: string, path: string): MountHolder['use'] | undefined {
  for (const use of ['cwd', 'root', 'exe'] as const) {
    if (isWithin(link(`${process}/${use}`), path)) return use
  }
  if (list(`${process}/fd`).some(name => isWithin(link(`${process}/fd/${name}`), path))) {
    return 'file'
  }
  // The fifth column is the path, after the address, permissions, offset, device and inode.
  const isMapped = text(`${process}/maps`)
    .split('\n')
    .some(line => isWithin(/^(?:\S+ +){5}(.*)$/.exec(line)?.[1], path))
  return isMapped ? 'map' : undefined
}

function isWithin(file: string | undefined, path: string): boolean {
  return file !== undefined && (file === path || file.startsWith(`${path}/`))
}

function commandOf(process: string): string {
  return text(`${process}/comm`).replace(/\p{Cc}/gu, '')
}

// Processes end and hide while we look: what cannot be read is not there.

function list(path: string): string[] {
  return quietly(() => readdirSync(path)) ?? []
}

function link(path: string): string | undefined {
  return quietly(() => readlinkSync(path))
}

function text(path: string): string {
  return quietly(() => readFileSync(path, 'utf8')) ?? ''
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
