import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Unpacks a tar into a directory, which is made; modes and owners are kept. */
export function unpack(archive: string, directory: string): void {
  mkdirSync(directory, { recursive: true })
  const { status, stderr, error } = spawnSync('tar', ['-xpf', archive, '-C', directory])
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`tar -xf ${archive}: ${stderr}`)
}
