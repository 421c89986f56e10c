import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** `O_TMPFILE` without `O_DIRECTORY`, which is another bit on each machine. */
const TMPFILE = 0o20000000

/** A library that is loaded, and the path under which other threads of this process can load it. */
interface LoadedLibrary {
  readonly exports: unknown
  readonly path: string
}

/**
 * Loads an addon whose bytes are in memory. The linker wants a file: it gets one without a name, which nobody else can
 * open or change and which is gone with the process, however that ends.
 *
 * @param known where another thread of this process has loaded it
 * @throws Error when each directory that we may write to is on a file system whose files cannot be run
 */
export function loadFromMemory(known: string | undefined, bytes: () => Uint8Array): LoadedLibrary {
  if (known !== undefined) return { exports: load(known), path: known }
  const content = bytes()
  const failures: string[] = []
  for (const directory of writableDirectories()) {
    const file = unlinkedFile(directory, content)
    if (file === undefined) continue
    const path = descriptorPath(file)
    try {
      // Stays open as long as the process lives: the path is the library's name.
      return { exports: load(path), path }
    } catch (error) {
      closeSync(file)
      failures.push(`${directory}: ${(error as Error).message}`)
    }
  }
  const reason = failures.join('; ') || 'no directory can be written to'
  throw new Error(`no place for native code: ${reason}; TMPDIR can name one`)
}

/** Memory first. What the environment names goes before what is usual. */
function writableDirectories(): Iterable<string> {
  const { TMPDIR, XDG_RUNTIME_DIR } = process.env
  const named = [TMPDIR, XDG_RUNTIME_DIR].filter(path => path?.startsWith('/')) as string[]
  return new Set([...named, '/dev/shm', '/run', tmpdir(), '/var/tmp', dirname(process.execPath)])
}

/** A file with this content and no name, open to be read; undefined where none can be made. */
function unlinkedFile(directory: string, content: Uint8Array): number | undefined {
  const written = openUnnamed(directory) ?? openRemoved(directory)
  if (written === undefined) return undefined
  try {
    for (let at = 0; at < content.length; ) at += writeSync(written, content, at)
    return openSync(descriptorPath(written), constants.O_RDONLY)
  } catch {
    return undefined
  } finally {
    closeSync(written)
  }
}

/** A file that never has a name; undefined where the file system cannot do that. */
function openUnnamed(directory: string): number | undefined {
  const flags = TMPFILE | constants.O_DIRECTORY | constants.O_RDWR | constants.O_EXCL
  try {
    return openSync(directory, flags, 0o500)
  } catch {
    return undefined
  }
}

/** A file whose name is removed before anything is in it, in a directory that only this user can look into. */
export function openRemoved(directory: string): number | undefined {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  let own: string | undefined
  try {
    own = mkdtempSync(join(directory, 'cfsctl-'))
    const path = join(own, 'native')
    const file = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o500)
    unlinkSync(path)
    return file
  } catch {
    return undefined
  } finally {
    if (own !== undefined) rmdirSync(own)
  }
}

function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`
}

function load(path: string): unknown {
  const module = { exports: {} }
  process.dlopen(module, path)
  return module.exports
}
