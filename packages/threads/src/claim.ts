// The claim of a slot: which of its jobs is the next that nobody does, tagged with the number of times the slot was
// used. A thread that looked at a slot before it was used anew cannot claim a job of it: its word is an old one. The tag
// comes round after four million uses, four terabytes through this one slot: no thread sleeps that long between two
// instructions.

/** Enough for JOBS_MAX, and a number behind it. */
const NEXT_BITS = 9
const NEXT_MASK = (1 << NEXT_BITS) - 1
/** A word stays a positive number. */
const GENERATION_MASK = (1 << (31 - NEXT_BITS)) - 1

export function claimWord(generation: number, next: number): number {
  return ((generation & GENERATION_MASK) << NEXT_BITS) | next
}

/** A claim with nothing to claim. */
export function closedClaim(generation: number): number {
  return claimWord(generation, NEXT_MASK)
}

export function nextOf(claim: number): number {
  return claim & NEXT_MASK
}

export function generationOf(claim: number): number {
  return claim >>> NEXT_BITS
}
