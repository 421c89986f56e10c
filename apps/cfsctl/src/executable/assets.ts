import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'

/**
 * A file that the executable has inside it. Not a copy: the bytes lie in the mapped executable and must not be written.
 * Where the bundles are run by an ordinary node, as they are while the executable is being made, it is a file beside
 * them.
 *
 * @returns undefined when there is none of this name
 */
export function asset(name: string): Buffer | undefined {
  try {
    return isSea() ? Buffer.from(getRawAsset(name)) : readFileSync(join(__dirname, name))
  } catch {
    return undefined
  }
}

/** An asset that is there, or the build is broken. */
export function requiredAsset(name: string): Buffer {
  const bytes = asset(name)
  if (bytes === undefined) throw new Error(`the executable lacks ${name}`)
  return bytes
}
