import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { isErrno } from './errors.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 12
/** Names that are tried. One collision is next to impossible; sixteen mean that something else is wrong. */
const TRIES_MAX = 16

/** Calls `make` with fresh names in `directory` until one does not fail with EEXIST; returns that name. */
export function withTemporaryName<T>(
  place: { readonly directory: string; readonly prefix: string },
  make: (path: string) => T,
): { readonly path: string; readonly made: T } {
  for (let tries = 1; ; tries++) {
    const path = join(place.directory, place.prefix + randomLetters())
    try {
      return { path, made: make(path) }
    } catch (error) {
      if (!isErrno(error, 'EEXIST') || tries === TRIES_MAX) throw error
    }
  }
}

function randomLetters(): string {
  return Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('')
}
