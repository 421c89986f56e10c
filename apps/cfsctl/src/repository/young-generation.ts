import { setFlagsFromString } from 'node:v8'

/** The versions of V8 with which this was tried: of a flag that it does not know it tells on stderr. */
const TRIED = { first: 12, last: 14 } as const

/**
 * Leaves the room for short-lived objects as large as it is now. What a thread makes of a content is gone with the next
 * one, but V8 takes those that it finds alive for a reason to make room, up to 48 MiB: a third of what a pull takes.
 */
export function keepYoungGenerationSmall(): void {
  const version = Number.parseInt(process.versions.v8, 10)
  if (version < TRIED.first || version > TRIED.last) return
  setFlagsFromString('--semi-space-growth-factor=1')
}
