import { statSync } from 'node:fs'
import type { Repository } from '@composefs/repository'

/** A repository to open, and how. */
export interface Opening {
  readonly path: string
  open(): Promise<Repository>
}

/**
 * Opens several repositories, one of which may be wanted exclusively, and returns them as they were named. When one
 * cannot be opened, none is left open.
 *
 * Locks are waited for in an order that is the same for everybody, that of device and inode: two commands that want
 * each other's repository would else wait for each other for ever.
 */
export async function openInOrder(openings: readonly Opening[]): Promise<readonly Repository[]> {
  const ordered = openings
    .map((opening, index) => ({ ...opening, index, place: placeOf(opening.path) }))
    .sort((a, b) => compare(a.place.dev, b.place.dev) || compare(a.place.ino, b.place.ino))
  const opened: { readonly index: number; readonly repository: Repository }[] = []
  try {
    for (const { index, open } of ordered) opened.push({ index, repository: await open() })
  } catch (error) {
    for (const { repository } of opened) await repository.close()
    throw error
  }
  return opened.sort((a, b) => a.index - b.index).map(({ repository }) => repository)
}

/** True when both paths lead to the same directory. */
export function isSamePlace(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)]
  return a !== NOWHERE && a.dev === b.dev && a.ino === b.ino
}

interface Place {
  readonly dev: bigint
  readonly ino: bigint
}

/** What is not there comes first: nothing is locked before the error is told. */
const NOWHERE: Place = { dev: -1n, ino: -1n }

function placeOf(path: string): Place {
  try {
    return statSync(path, { bigint: true })
  } catch {
    // Why it cannot be opened is told by who opens it.
    return NOWHERE
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}
