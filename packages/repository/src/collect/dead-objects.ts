import { lstatSync } from 'node:fs'
import { DigestSet } from '@composefs/fsverity'
import type { OnBroken } from '../reach/broken.ts'
import { objectFiles } from '../reach/object-files.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'

/** Files between two moments in which others get a turn. */
const TURN = 4096

/** What the directories of objects hold. */
export interface DeadObjects {
  /** The objects that are not needed. */
  readonly dead: DigestSet
  /** Those that are needed and there, if they were to be counted. */
  readonly kept: { readonly objects: number; readonly bytes: number } | undefined
}

/** Lists the objects that are not live. Nothing is removed before all names have been seen to be those of objects. */
export async function findDead(
  { layout, algorithm }: Repository,
  live: DigestSet,
  options: {
    readonly onBroken: OnBroken
    readonly countKept: boolean
    readonly signal: AbortSignal | undefined
  },
): Promise<DeadObjects> {
  const dead = new DigestSet(algorithm)
  const turns = new Turns(options.signal)
  let files = 0
  let objects = 0
  let bytes = 0
  for (const { digest, path } of objectFiles(layout, algorithm, options.onBroken)) {
    if (files++ % TURN === 0) await turns.give()
    if (!live.has(digest)) {
      dead.add(digest)
    } else if (options.countKept) {
      objects++
      bytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
    }
  }
  return { dead, kept: options.countKept ? { objects, bytes } : undefined }
}
