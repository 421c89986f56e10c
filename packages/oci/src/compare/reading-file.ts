import { isErofsError } from '@composefs/erofs'
import { isTreeError } from '@composefs/tree'

/**
 * Reads a tree out of a file. An image and a dump do not know where they come from: what is wrong with one gets the fact
 * `file`, for whoever has named two of them.
 */
export async function readingFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isErofsError(error) && !isTreeError(error)) throw error
    throw Object.assign(error, { facts: { ...error.facts, file: path } })
  }
}
