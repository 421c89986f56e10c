/** A path or file name: text, or bytes that need not be UTF-8. */
export type PathLike = string | Uint8Array

/**
 * The bytes of a path as the kernel takes them, with their NUL at the end.
 *
 * @throws TypeError for a path with a NUL inside: the kernel would see another, shorter one
 */
export function terminated(path: PathLike): Uint8Array {
  const text = typeof path === 'string' ? Buffer.from(path) : path
  if (text.includes(0)) throw new TypeError(`a path with a NUL byte: ${showPath(path)}`)
  const bytes = new Uint8Array(text.length + 1)
  bytes.set(text)
  return bytes
}

/** With an empty path, a call is about the file that is open. */
export const AT_EMPTY_PATH = 0x1000

/** A path for people: what is not UTF-8 shows as U+FFFD. */
export function showPath(path: PathLike): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

/** PATH_MAX, with its NUL. */
const PATH_SIZE = 4096

const scratch = new Uint8Array(PATH_SIZE)

/**
 * What `terminated` gives, in memory that the next call uses again: for the calls that are made once for each of
 * thousands of files.
 *
 * @throws TypeError for a path with a NUL inside
 */
export function terminatedInPlace(path: Uint8Array): Uint8Array {
  if (path.length >= PATH_SIZE || path.includes(0)) return terminated(path)
  scratch.set(path)
  scratch[path.length] = 0
  return scratch
}
