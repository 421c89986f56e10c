import { TreeError } from './errors.ts'
import { NAME_MAX } from './limits.ts'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * Checks the name of a file.
 *
 * @throws TreeError ERR_TREE_BAD_NAME
 */
export function assertName(name: Uint8Array): void {
  const problem = nameProblem(name, 0, name.length)
  if (problem === undefined) return
  throw new TreeError('ERR_TREE_BAD_NAME', problem, { actual: name.length })
}

/** What is wrong with the name `bytes[start, end)`, for people; undefined when nothing is. */
export function nameProblem(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start
  if (length === 0) return 'an empty name'
  if (length > NAME_MAX) return `a name of ${length} bytes, more than ${NAME_MAX}`
  if (bytes[start] === DOT) {
    if (length === 1) return 'a name "."'
    if (length === 2 && bytes[start + 1] === DOT) return 'a name ".."'
  }
  for (let i = start; i < end; i++) {
    if (bytes[i] === SLASH) return 'a name with a slash in it'
    if (bytes[i] === 0) return 'a name with a NUL in it'
  }
  return undefined
}
