import { type FileHandle, open } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { RegistryError } from '../errors.ts'

/** Environment variables; `process.env` is one such. */
export type Environment = Readonly<Record<string, string | undefined>>

/** No configuration is larger: what is, is another file. */
const SIZE_MAX = 1 << 20

/**
 * Reads a configuration file as UTF-8.
 *
 * @returns undefined where there is none
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for one that cannot be read, with the path and never with its content
 */
export async function readConfigFile(path: string): Promise<string | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
  try {
    return decode(path, await readBounded(path, file))
  } catch (error) {
    throw error instanceof RegistryError ? error : unreadable(path, error)
  } finally {
    await file.close()
  }
}

/** The error for a configuration file that says something wrong. `why` holds nothing of a file with secrets. */
export function badConfig(path: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_BAD_CONFIG',
    `${path}: ${why}`,
    { path },
    cause === undefined ? {} : { cause },
  )
}

/** The error for a configuration file or directory that the system does not let us read. */
export function unreadable(path: string, error: unknown): RegistryError {
  const { code = 'an unknown error' } = error as NodeJS.ErrnoException
  return badConfig(path, `cannot be read (${code})`, error)
}

/** The home directory: HOME, else what the user database says; undefined where neither knows. */
export function homeDirectory(env: Environment): string | undefined {
  if (env.HOME) return env.HOME
  try {
    return userInfo().homedir
  } catch {
    // A user without an entry in the database is common in containers and has no configuration.
    return undefined
  }
}

/** Pipes, too: a shell hands over a secret by `<(command)`. */
async function readBounded(path: string, file: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.alloc(SIZE_MAX + 1)
  let size = 0
  while (size < buffer.length) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, null)
    if (bytesRead === 0) return buffer.subarray(0, size)
    size += bytesRead
  }
  throw badConfig(path, `more than ${SIZE_MAX} bytes`)
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badConfig(path, 'no UTF-8 text')
  }
}
