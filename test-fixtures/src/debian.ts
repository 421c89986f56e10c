import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The tar of a Debian minbase root file system, made once by mmdebstrap and kept in `COMPOSEFS_TEST_CACHE` or a
 * folder of the temporary directory. Undefined, with the reason, where it cannot be made.
 */
export function debianRootfs(): { tar: Uint8Array } | { reason: string } {
  const file = debianRootfsFile()
  return 'reason' in file ? file : { tar: readFileSync(file.path) }
}

/** The same as a file. */
export function debianRootfsFile(): { path: string } | { reason: string } {
  const cache = process.env.COMPOSEFS_TEST_CACHE ?? join(tmpdir(), 'composefs-test-cache')
  const path = join(cache, 'debian-minbase.tar')
  if (existsSync(path)) return { path }
  if (process.getuid?.() !== 0) return { reason: 'needs root to make a Debian root file system' }
  mkdirSync(cache, { recursive: true })
  const partial = `${path}.${process.pid}`
  const made = spawnSync('mmdebstrap', ['--variant=minbase', '--format=tar', 'bookworm', partial], {
    encoding: 'utf8',
  })
  if (made.error !== undefined) return { reason: 'mmdebstrap is not installed' }
  if (made.status !== 0) return { reason: `mmdebstrap failed: ${made.stderr.slice(-300)}` }
  renameSync(partial, path)
  return { path }
}
